using Sluice.Net.Linux;

namespace Sluice.Net;

/// <summary>Long computing while others are served: on a thread of its own that gets what time they leave. Where they leave none it gets about a tenth of a core.</summary>
public static class QuietWork
{
    // Linux weighs a thread of 10 at a tenth of one of 0.
    private const int Niceness = 10;

    /// <summary>Returns when the work is done; its exceptions are the caller's.</summary>
    public static T Run<T>(Func<T> work)
    {
        var done = new Task<T>(work);
        var thread = new Thread(() =>
        {
            // The platform's priorities do nothing on Linux. Niceness is a thread's own there.
            if (OperatingSystem.IsLinux())
                _ = Libc.setpriority(Libc.PRIO_PROCESS, 0, Niceness);
            done.RunSynchronously(TaskScheduler.Default);
        })
        { IsBackground = true, Name = "quiet work", Priority = ThreadPriority.BelowNormal };
        thread.Start();
        return done.GetAwaiter().GetResult();
    }
}
