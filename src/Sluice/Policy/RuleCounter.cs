namespace Sluice.Policy;

/// <summary>How often a rule has matched.</summary>
internal sealed class RuleCounter
{
    private long _hits;
    private long _lastHit; // ticks of UTC; 0: never

    public void Count(DateTimeOffset now)
    {
        Interlocked.Increment(ref _hits);
        Volatile.Write(ref _lastHit, now.UtcTicks);
    }

    public RuleHits Read(string policy, string rule) =>
        new(policy, rule, Interlocked.Read(ref _hits), Volatile.Read(ref _lastHit) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null);
}
