using Spectre.Console;

namespace Sluice.Cli.Demo;

/// <summary>Shows how far work has come: a bar on a terminal, elsewhere a line for every tenth.</summary>
internal sealed class PhaseProgress(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <param name="what">Names the work.</param>
    /// <param name="total">What <paramref name="done"/> ends at.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="work">The work itself.</param>
    /// <param name="halt">Cancelled where nothing was done for 30 s.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public async Task ShowAsync(string what, long total, Func<long> done, Task work, CancellationTokenSource halt)
    {
        if (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive)
            await console.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .StartAsync(async shown =>
                {
                    var bar = shown.AddTask(what, maxValue: total);
                    await WatchAsync(done, value => bar.Value = value, work, halt);
                });
        else
            await WatchAsync(done, Lines(what, total), work, halt);
        await work;
    }

    private async Task WatchAsync(Func<long> done, Action<long> show, Task work, CancellationTokenSource halt)
    {
        var last = 0L;
        var moved = time.GetTimestamp();
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(Look, time));
            // The end of the work comes on a thread that serves sockets: the terminal must not keep that one.
            await Task.Yield();
            var now = done();
            if (now != last)
                moved = time.GetTimestamp();
            else if (time.GetElapsedTime(moved) > Stall)
                await halt.CancelAsync();
            show(last = now);
        }
    }

    private Action<long> Lines(string what, long total)
    {
        var shown = 0L;
        return value =>
        {
            var tenths = value * 10 / total;
            if (tenths > shown)
                console.Say($"{what}: {DemoReport.Number(value)} of {DemoReport.Number(total)} ({tenths * 10} %)");
            shown = tenths;
        };
    }
}
