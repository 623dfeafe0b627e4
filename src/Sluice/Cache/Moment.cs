namespace Sluice.Cache;

/// <summary>
/// A moment by both clocks: the wall's, which dates are measured by and which somebody may set, and the steady one, which
/// only goes on. Time that has passed is the greater of both: a wall clock that steps back makes nothing younger, and a
/// machine that slept, whose steady clock slept too, makes nothing younger either. All in ticks of 100 ns.
/// </summary>
public readonly record struct Moment(long WallTicks, long SteadyTicks)
{
    // Of a moment that is known by the wall alone: so early that the wall is always greater.
    private const long NoReading = long.MinValue / 2;

    public DateTimeOffset Wall => new(WallTicks, TimeSpan.Zero);

    public static Moment Now(TimeProvider time) => new(time.GetUtcNow().UtcTicks, time.GetElapsedTime(0).Ticks);

    /// <summary>One that is only measured to, never from.</summary>
    public static Moment ByWall(long wallTicks) => new(wallTicks, NoReading);

    public long TicksSince(in Moment earlier) => Math.Max(0, Math.Max(WallTicks - earlier.WallTicks, SteadyTicks - earlier.SteadyTicks));
}
