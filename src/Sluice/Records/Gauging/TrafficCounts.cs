using System.Net;

namespace Sluice.Records.Gauging;

/// <summary>All that the gauge counts. Its user locks.</summary>
internal sealed class TrafficCounts(long second)
{
    // The longest name of DNS.
    private const int LongestName = 253;

    private readonly Dictionary<string, SecondSeries> _listeners = [];
    private SecondSeries? _last;
    private string? _lastName;

    /// <summary>The one under way.</summary>
    public long Second { get; private set; } = second;

    public Flows Flows { get; } = new();

    public RecentRecords Recent { get; } = new();

    public TopNames<string> Hosts { get; } = new(second / 60);

    public TopNames<IPAddress> Clients { get; } = new(second / 60);

    public TopNames<string> Users { get; } = new(second / 60);

    public TopNames<string> Rules { get; } = new(second / 60);

    public IReadOnlyDictionary<string, SecondSeries> Listeners => _listeners;

    public void Add(ExchangeRecord record)
    {
        Of(record.Listener).Add(record, record.Kind == RecordKind.Http ? default : Flows.End(record.Number));
        Recent.Add(record);
        if (record.Host is { } host)
            Hosts.Add(host.Length <= LongestName ? host : host[..LongestName], record);
        if (record.Client is { } client)
            Clients.Add(client.Address, record);
        if (record.User is { } user)
            Users.Add(user, record);
        if (record.Verdict.Rule is { } rule)
            Rules.Add(rule, record);
    }

    public void AddFlow(string listener, long up, long down) => Of(listener).AddFlow(up, down);

    /// <summary>The second under way is over, and those up to the given one, which begins.</summary>
    public void Begin(long second)
    {
        var isMinute = second / 60 != Second / 60;
        Second = second;
        foreach (var (name, series) in _listeners)
        {
            series.Begin(second);
            // A reload has taken it away.
            if (series.Touched < second - SecondSeries.Longest)
                _listeners.Remove(name);
        }
        _lastName = null;
        if (!isMinute)
            return;
        Hosts.Begin(second / 60);
        Clients.Begin(second / 60);
        Users.Begin(second / 60);
        Rules.Begin(second / 60);
    }

    /// <summary>What passed in a second that is over.</summary>
    /// <param name="latencies">An empty one, filled with it.</param>
    public Counts Sum(long second, LatencyHistogram latencies)
    {
        var sum = new Counts();
        foreach (var series in _listeners.Values)
        {
            sum.Add(series.CountsOf(second));
            latencies.Add(series.LatenciesOf(second));
        }
        return sum;
    }

    private SecondSeries Of(string listener)
    {
        // Names of listeners are the same text for all their records.
        if (ReferenceEquals(listener, _lastName))
            return _last!;
        if (!_listeners.TryGetValue(listener, out var series))
            _listeners[listener] = series = new SecondSeries(Second);
        (_last, _lastName) = (series, listener);
        return series;
    }
}
