using System.Collections.Concurrent;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Records.Metering;

/// <summary>What is counted of the records of one listener. Safe for concurrent use.</summary>
internal sealed class ListenerMeters(string name)
{
    /// <summary>Rules told apart; the rest is counted as <see cref="OtherRule"/>.</summary>
    public const int MostRules = 500;

    public const string OtherRule = "other";
    public const string Listener = "sluice.listener";

    public static readonly string[] CacheUses = ["none", "hit", "miss", "revalidated", "stale", "bypass"];
    public static readonly string[] Kinds = ["http", "connect", "upgrade", "relay"];

    // Places in the row of counters.
    private const int Exchanges = 0;            // by cache use
    private const int CacheBytes = 6;           // by cache use
    private const int Received = 12;
    private const int Up = 13;                  // by kind
    private const int Down = 17;                // by kind
    private const int Allowed = 21;             // without a rule
    private const int Denied = 22;
    private const int Counters = 23;

    private readonly Stripes _counts = new(Counters);
    private readonly KeyValuePair<string, object?>[]?[] _requests = new KeyValuePair<string, object?>[]?[KnownLabels.Methods.Length * KnownLabels.Statuses.Length];
    private readonly ConcurrentDictionary<(int Place, string Error), KeyValuePair<string, object?>[]> _failed = [];
    private readonly ConcurrentDictionary<(RecordKind, string?), KeyValuePair<string, object?>[]> _tunnels = [];
    private readonly ConcurrentDictionary<(string? Rule, string Outcome), Count> _rules = [];

    public string Name => name;

    public static bool IsTunnel(ExchangeRecord record) => record switch
    {
        { Kind: RecordKind.Relay or RecordKind.Upgrade } => true,
        { Kind: RecordKind.Connect, Status: 200 } => true,
        _ => false,
    };

    /// <summary>Counts one that was no tunnel.</summary>
    public void Add(ExchangeRecord record)
    {
        var row = _counts.Here;
        row.Add(Exchanges + (int)record.Cache, 1);
        if (record.ResponseBytes > 0)
            row.Add(CacheBytes + (int)record.Cache, record.ResponseBytes);
        if (record.RequestBytes > 0)
            row.Add(Received, record.RequestBytes);
        Add(record.Verdict, row);
    }

    public void AddTunnel(ExchangeRecord record)
    {
        var row = _counts.Here;
        row.Add(Up + (int)record.Kind, record.RequestBytes);
        row.Add(Down + (int)record.Kind, record.ResponseBytes);
        Add(record.Verdict, row);
    }

    /// <summary>What the duration of an exchange is told with; made once.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> LabelsOf(ExchangeRecord record)
    {
        var place = KnownLabels.Method(record.Method) * KnownLabels.Statuses.Length + KnownLabels.Status(record.Status);
        if (record.Error is { } error)
            return _failed.GetOrAdd((place, error), static (key, meters) => meters.Labels(key.Place, key.Error), this);
        return _requests[place] ??= Labels(place, record.Status >= 500 ? KnownLabels.Statuses[place % KnownLabels.Statuses.Length].ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
    }

    public ReadOnlySpan<KeyValuePair<string, object?>> TunnelLabelsOf(ExchangeRecord record) => _tunnels.GetOrAdd((record.Kind, record.Error), static (key, name) =>
    [
        new(Listener, name), new("sluice.kind", Kinds[(int)key.Item1]), .. key.Item2 is { } error ? [new("error.type", error)] : Array.Empty<KeyValuePair<string, object?>>(),
    ], name);

    public long ExchangesOf(int cacheUse) => _counts[Exchanges + cacheUse];

    public long BytesOf(int cacheUse) => _counts[CacheBytes + cacheUse];

    public long ReceivedBytes => _counts[Received];

    public long SentBytes => Enumerable.Range(0, CacheUses.Length).Sum(BytesOf);

    public long TunnelBytes(int kind, bool up) => _counts[(up ? Up : Down) + kind];

    /// <summary>How often what was decided, and by which rule; null: by none.</summary>
    public IEnumerable<(string? Rule, string Outcome, long Count)> Verdicts()
    {
        yield return (null, "allow", _counts[Allowed]);
        yield return (null, "deny", _counts[Denied]);
        foreach (var (key, count) in _rules)
            yield return (key.Rule, key.Outcome, count.Value);
    }

    private void Add(Verdict verdict, Stripes.Row row)
    {
        if (verdict.Rule is null && !verdict.Reports)
            row.Add(verdict.Denies ? Denied : Allowed, 1);
        else
            CountOf(verdict.Rule, verdict.Outcome).Add();
    }

    private Count CountOf(string? rule, string outcome)
    {
        if (_rules.TryGetValue((rule, outcome), out var count))
            return count;
        // Rules that reloads have taken out stay.
        return _rules.GetOrAdd((_rules.Count < MostRules ? rule : OtherRule, outcome), static _ => new Count());
    }

    private KeyValuePair<string, object?>[] Labels(int place, string? error)
    {
        var (method, status) = Math.DivRem(place, KnownLabels.Statuses.Length);
        var labels = new List<KeyValuePair<string, object?>>
        {
            new(Listener, name), new("http.request.method", KnownLabels.Methods[method]), new("url.scheme", "http"),
        };
        if (status > 0)
            labels.Add(new("http.response.status_code", KnownLabels.Statuses[status]));
        if (error is not null)
            labels.Add(new("error.type", error));
        return [.. labels];
    }

    private sealed class Count
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Add() => Interlocked.Increment(ref _value);
    }
}
