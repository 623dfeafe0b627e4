namespace Sluice.Net;

/// <summary>The system's time, whose timestamps cost a fifth: they are the kernel's last tick (CLOCK_MONOTONIC_COARSE, clock_gettime(2)),
/// so that they step by 1 to 10 ms. For limits, which are tenths of seconds and more.</summary>
internal sealed class CoarseClock : TimeProvider
{
    private static readonly CoarseClock Instance = new();

    /// <summary>The same time, where it is the system's.</summary>
    public static TimeProvider Of(TimeProvider time) => time == System ? Instance : time;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => Environment.TickCount64;
}
