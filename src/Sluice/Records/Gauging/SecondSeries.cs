namespace Sluice.Records.Gauging;

/// <summary>The seconds of the last quarter of an hour, of one listener. Seconds have numbers that grow.</summary>
internal sealed class SecondSeries
{
    /// <summary>As many seconds that are over are held.</summary>
    public const int Longest = 900;

    private const int Slots = Longest + 1;

    private readonly Counts[] _counts = new Counts[Slots];
    private readonly LatencyCount[][] _latencies = new LatencyCount[Slots][];
    private readonly LatencyHistogram _now = new();

    /// <param name="second">The one under way.</param>
    public SecondSeries(string listener, long second)
    {
        Listener = listener;
        Second = second;
        Touched = second;
        Array.Fill(_latencies, []);
    }

    public string Listener { get; }

    /// <summary>The one under way.</summary>
    public long Second { get; private set; }

    /// <summary>When something was counted last.</summary>
    public long Touched { get; private set; }

    public void Add(ExchangeRecord record, Flowed flowed)
    {
        _counts[Second % Slots].Add(record, flowed);
        if (record.Kind == RecordKind.Http)
            _now.Add(record.Duration);
        Touched = Second;
    }

    /// <summary>Octets of a tunnel that is open.</summary>
    public void AddFlow(long up, long down)
    {
        ref var counts = ref _counts[Second % Slots];
        counts.BytesUp += up;
        counts.BytesDown += down;
        Touched = Second;
    }

    /// <summary>The second under way is over; those up to the given one, which begins, were empty.</summary>
    public void Begin(long second)
    {
        _latencies[Second % Slots] = _now.Take();
        for (var empty = Math.Max(Second + 1, second - Longest); empty <= second; empty++)
        {
            _counts[empty % Slots] = default;
            _latencies[empty % Slots] = [];
        }
        Second = second;
    }

    /// <summary>Of one of the seconds that are over, the last <see cref="Longest"/>.</summary>
    public ref readonly Counts CountsOf(long second) => ref _counts[second % Slots];

    public LatencyCount[] LatenciesOf(long second) => _latencies[second % Slots];
}
