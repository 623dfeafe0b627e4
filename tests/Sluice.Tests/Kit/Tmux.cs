using System.Diagnostics;

namespace Sluice.Tests.Kit;

/// <summary>A real terminal in which a program runs: tmux, with a server of its own.</summary>
internal sealed class Tmux : IAsyncDisposable
{
    private readonly string _server = $"sluice-{Guid.NewGuid():n}";

    public static bool IsThere { get; } = RealClients.Find("tmux") is not null;

    public static async Task<Tmux> StartAsync(int width, int height)
    {
        var tmux = new Tmux();
        await tmux.RunAsync("-f", "/dev/null", "new-session", "-d", "-x", $"{width}", "-y", $"{height}", "env -u NO_COLOR LC_ALL=C.UTF-8 PS1='$ ' bash --norc --noprofile");
        return tmux;
    }

    public Task ResizeAsync(int width, int height) => RunAsync("resize-window", "-x", $"{width}", "-y", $"{height}");

    /// <param name="keys">Names of tmux, such as <c>Enter</c> and <c>C-c</c>, or text.</param>
    public Task PressAsync(params string[] keys) => RunAsync(["send-keys", .. keys]);

    /// <summary>What stands on the screen, as soon as it is as it should be.</summary>
    public async Task<string> UntilAsync(Func<string, bool> isSo)
    {
        using var limit = new CancellationTokenSource(SluiceProcesses.Patience);
        while (true)
        {
            var screen = await RunAsync("capture-pane", "-p");
            if (isSo(screen))
                return screen;
            Assert.False(limit.IsCancellationRequested, screen);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What tmux knows of the terminal, such as <c>#{alternate_on}</c>.</summary>
    public async Task<string> AskAsync(string format) => (await RunAsync("display-message", "-p", format)).Trim();

    public async ValueTask DisposeAsync() => await RunAsync("kill-server");

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tmux", ["-L", _server, "-u", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().Within(SluiceProcesses.Patience);
        Assert.True(process.ExitCode == 0, await error);
        return await output;
    }
}
