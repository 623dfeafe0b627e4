using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli.Top;

/// <summary><c>sluice top</c> in a terminal.</summary>
public class TopTerminalTests
{
    private const string Yaml = "listeners: [{ name: web, kind: forward, bind: 127.0.0.1:0 }]";

    [Theory]
    [InlineData("q")]
    [InlineData("C-c")]
    public async Task Terminal_IsAfterwardsAsItWasBefore(string end)
    {
        Assert.SkipUnless(Tmux.IsThere, "needs tmux, which ./test installs");
        await using var origin = ScriptedOrigin.With("hello");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await using var terminal = await Tmux.StartAsync(80, 24);
        await terminal.PressAsync($"stty -g; dotnet {Path.Combine(AppContext.BaseDirectory, "sluice.dll")} top --socket {scene.Socket}; echo code $?; stty -g", "Enter");
        await terminal.UntilAsync(screen => screen.Contains("q quit", StringComparison.Ordinal));
        Assert.Equal("1 0", await terminal.AskAsync("#{alternate_on} #{cursor_flag}"));

        await scene.Proxy.GetAsync(origin, "/seen");
        await terminal.UntilAsync(screen => screen.Contains($"GET {origin.Url("/seen")[..20]}", StringComparison.Ordinal));
        await terminal.PressAsync("2");
        await terminal.UntilAsync(screen => screen.Contains("hit % host\n", StringComparison.Ordinal) && screen.Contains(" 127.0.0.1\n", StringComparison.Ordinal));
        await terminal.PressAsync("/", "nowhere", "Enter");
        await terminal.UntilAsync(screen => screen.Contains("nothing fits the filter", StringComparison.Ordinal));
        await terminal.ResizeAsync(120, 30);
        var lines = (await terminal.UntilAsync(screen => screen.TrimEnd().Split('\n').Length == 30)).TrimEnd().Split('\n');
        Assert.StartsWith("filter: nowhere  q quit", lines[^1], StringComparison.Ordinal);

        await terminal.PressAsync(end);
        var screen = await terminal.UntilAsync(screen => screen.Contains("code 0", StringComparison.Ordinal) && screen.TrimEnd().Split('\n')[^1].StartsWith('$'));
        Assert.Equal("0 1", await terminal.AskAsync("#{alternate_on} #{cursor_flag}"));
        var settings = screen.Split('\n').Where(line => line.Count(c => c == ':') > 10).ToList();
        Assert.Equal(2, settings.Count);
        Assert.Equal(settings[0], settings[1]);
    }

    [Fact]
    public async Task ProxyThatGoesAway_IsToldAndTriedAgain()
    {
        Assert.SkipUnless(Tmux.IsThere, "needs tmux, which ./test installs");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await using var terminal = await Tmux.StartAsync(100, 24);
        await terminal.PressAsync($"dotnet {Path.Combine(AppContext.BaseDirectory, "sluice.dll")} top --socket {scene.Socket}", "Enter");
        await terminal.UntilAsync(screen => screen.Contains("q quit", StringComparison.Ordinal));
        await scene.Proxy.DisposeAsync();
        await terminal.UntilAsync(screen => screen.Contains("admin.sock: ", StringComparison.Ordinal));
        await using var again = await RunningProxy.OfSourceAsync(scene.File("sluice.yaml"));
        await terminal.UntilAsync(screen => screen.Contains("q quit", StringComparison.Ordinal));
    }
}
