using System.Runtime.InteropServices;

namespace Sluice.Records.Gauging;

/// <summary>Octets of a tunnel that have been counted while it is open.</summary>
internal readonly record struct Flowed(long Up, long Down);

/// <summary>
/// Counts what flows through open tunnels and relays, by looking at them once a second: they themselves count as they always do. The rest of each comes with its record. Safe for concurrent use.
/// </summary>
internal sealed class Flows
{
    // For a record that never comes.
    private const long ForgottenAfter = 60;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Flow> _of = [];

    /// <summary>Looks at those that are open.</summary>
    /// <param name="elapsed">Since the last look.</param>
    /// <param name="count">Gets what is new: listener, up, down.</param>
    public void Look(IEnumerable<OpenFlow> open, long second, TimeSpan elapsed, Action<string, long, long> count)
    {
        lock (_lock)
        {
            foreach (var now in open)
            {
                ref var flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_of, now.Number, out _);
                var (up, down) = (now.Up - flow.Counted.Up, now.Down - flow.Counted.Down);
                flow = new Flow(new Flowed(now.Up, now.Down), new Flowed(PerSecond(up, elapsed), PerSecond(down, elapsed)), second);
                if (up > 0 || down > 0)
                    count(now.Listener, up, down);
            }
            if (second % ForgottenAfter == 0)
                foreach (var (number, flow) in _of)
                    if (flow.Seen < second - ForgottenAfter)
                        _of.Remove(number);
        }
    }

    /// <summary>It has ended: what of it has been counted.</summary>
    public Flowed End(long number)
    {
        lock (_lock)
            return _of.Remove(number, out var flow) ? flow.Counted : default;
    }

    public (long Up, long Down) RateOf(long number)
    {
        lock (_lock)
            return _of.TryGetValue(number, out var flow) ? (flow.Rate.Up, flow.Rate.Down) : default;
    }

    private static long PerSecond(long octets, TimeSpan elapsed) => elapsed > TimeSpan.Zero ? (long)(octets / elapsed.TotalSeconds) : 0;

    private readonly record struct Flow(Flowed Counted, Flowed Rate, long Seen);
}
