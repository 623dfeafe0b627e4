using System.Net;

namespace Sluice.Records.Gauging;

/// <summary>All that the gauge counts. Its user locks.</summary>
internal sealed class TrafficCounts(long second)
{
    // The longest name of DNS.
    private const int LongestName = 253;

    private readonly Dictionary<string, SecondSeries> _listeners = [];
    private readonly TopNames<string> _hosts = new(second / 60);
    private readonly TopNames<IPAddress> _clients = new(second / 60);
    private readonly TopNames<string> _users = new(second / 60);
    private readonly TopNames<string> _rules = new(second / 60);
    private SecondSeries? _last;

    /// <summary>The one under way.</summary>
    public long Second { get; private set; } = second;

    /// <summary>Those that were not refused.</summary>
    public RecentRecords Recent { get; } = new();

    /// <summary>Apart: they are looked for when all else has long been driven out.</summary>
    public RecentRecords Refused { get; } = new();

    /// <summary>Their seconds that are over change with <see cref="Begin"/> alone.</summary>
    public SecondSeries[] Listeners => [.. _listeners.Values];

    /// <param name="host">The record's.</param>
    /// <param name="flowed">What of it has been counted while it was open.</param>
    public void Add(ExchangeRecord record, string? host, Flowed flowed)
    {
        Of(record.Listener).Add(record, flowed);
        (record.Verdict.Denies ? Refused : Recent).Add(record);
        if (host is not null)
            _hosts.Add(host.Length <= LongestName ? host : host[..LongestName], record);
        if (record.Client is { } client)
            _clients.Add(client.Address, record);
        if (record.User is { } user)
            _users.Add(user, record);
        if (record.Verdict.Rule is { } rule)
            _rules.Add(rule, record);
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
        _last = null;
        Recent.Begin();
        Refused.Begin();
        if (!isMinute)
            return;
        _hosts.Begin(second / 60);
        _clients.Begin(second / 60);
        _users.Begin(second / 60);
        _rules.Begin(second / 60);
    }

    public NamesByMinute NamesSince(long minute) => new(_hosts.Since(minute), _clients.Since(minute), _users.Since(minute), _rules.Since(minute));

    private SecondSeries Of(string listener)
    {
        // Names of listeners are the same text for all their records.
        if (_last is { } last && ReferenceEquals(listener, last.Listener))
            return last;
        if (!_listeners.TryGetValue(listener, out var series))
            _listeners[listener] = series = new SecondSeries(listener, Second);
        return _last = series;
    }
}

/// <summary>Tables of names, each of a minute. They do not change.</summary>
internal sealed record NamesByMinute(
    IReadOnlyList<KeyValuePair<string, Tally>[]> Hosts, IReadOnlyList<KeyValuePair<IPAddress, Tally>[]> Clients, IReadOnlyList<KeyValuePair<string, Tally>[]> Users,
    IReadOnlyList<KeyValuePair<string, Tally>[]> Rules);
