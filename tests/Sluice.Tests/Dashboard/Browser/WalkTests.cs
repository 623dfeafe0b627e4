using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Sluice.Tests.House;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard.Browser;

/// <summary>Every page in Chromium: at the width of a desk and of a phone, light and dark, with JavaScript and without. With SLUICE_WRITE_SCREENSHOTS=1 docs/screenshots is made anew.</summary>
public sealed class WalkTests(WalkedSite site) : IClassFixture<WalkedSite>
{
    private const int MostBytes = 150_000;

    private static readonly (string Name, int Width, int Height)[] Sizes = [("desktop", 1280, 800), ("phone", 390, 844)];

    /// <summary>What docs/screenshots holds.</summary>
    private static readonly string[] Shown =
        ["overview", "overview-dark", "traffic", "blocked", "tunnels", "upstreams", "cache", "cache-entry", "lists", "configuration", "explain", "explain-dark", "history", "login", "menu"];

    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "/" },
        { "traffic", "/traffic" },
        { "traffic-filtered", "/traffic?host=news.example&status=2xx&user=nobody" },
        { "blocked", "/blocked" },
        { "tunnels", "/tunnels" },
        { "upstreams", "/upstreams" },
        { "cache", "/cache" },
        { "cache-entry", "/cache/entry?url=http%3A%2F%2Fwww.example.org%2Fsite.css" },
        { "lists", "/lists" },
        { "configuration", "/configuration" },
        { "explain", "/explain?url=http%3A%2F%2Fads.example%2Fbanner.js&method=GET&listener=office&client=127.0.0.21" },
        { "explain-wrong", "/explain?url=ads&listener=office" },
        { "history", "/history?since=1h" },
        { "history-wrong", "/history?status=6xx" },
        { "not-found", "/nowhere" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_IsWellMade(string name, string path)
    {
        Assert.SkipWhen(site.Browser is null, "needs chromium, which ./test installs");
        foreach (var size in Sizes)
            await LookAsync(site.Browser, site.Scene.Url, name, path, size);
    }

    [Fact]
    public async Task LoginPage_IsWellMadeAndLeadsToThePageThatWasAskedFor()
    {
        Assert.SkipWhen(site.Browser is null, "needs chromium, which ./test installs");
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        foreach (var size in Sizes)
            await LookAsync(site.Browser, scene.Url, "login", "/login?to=%2Fcache", size);
        await using var context = await site.Browser.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.GotoAsync(scene.Url + "/lists");
        await page.GetByLabel("User").FillAsync("anna");
        await page.GetByLabel("Password").FillAsync(DashboardScene.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(scene.Url + "/lists");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(scene.Url + "/login");
    }

    [Fact]
    public async Task MenuOfAPhone_OpensByKeyboardWithoutJavaScript()
    {
        Assert.SkipWhen(site.Browser is null, "needs chromium, which ./test installs");
        await using var context = await site.Browser.NewContextAsync(new() { JavaScriptEnabled = false, ViewportSize = new() { Width = 390, Height = 844 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(site.Scene.Url + "/cache");
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Explain" });
        await Assertions.Expect(link).Not.ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(link).ToBeVisibleAsync();
        if (WalkedSite.IsShown)
            await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "docs/screenshots/menu-phone.png") });
        await link.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(site.Scene.Url + "/explain");
    }

    [Fact]
    public async Task LiveTraffic_ShowsWhatComesAndWaitsWherePaused()
    {
        Assert.SkipWhen(site.Browser is null, "needs chromium, which ./test installs");
        await using var context = await site.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(site.Scene.Url + "/traffic?host=live.example");
        await Assertions.Expect(page.Locator("#stream-state")).ToHaveTextAsync("Live");
        await site.AskAsync("127.0.0.21", "live.example", "/one<i>");
        await Assertions.Expect(page.Locator("#stream tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#stream tbody")).ToContainTextAsync("/one<i>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await site.AskAsync("127.0.0.21", "live.example", "/two");
        await Assertions.Expect(page.Locator("#stream-state")).ToHaveTextAsync("Paused, 1 new");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(page.Locator("#stream tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Parts_AreLoadedAgainAndKeepTheirPlaceUnderTheKeyboard()
    {
        Assert.SkipWhen(site.Browser is null, "needs chromium, which ./test installs");
        await using var context = await site.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(site.Scene.Url + "/blocked");
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Allow tracker.example" }).First;
        await button.EvaluateAsync("button => button.closest('section').dataset.seen = 'yes'");
        await site.AskAsync("127.0.0.29", "ads.example", "/new");
        await Assertions.Expect(page.Locator("#blocked")).ToContainTextAsync("127.0.0.29");
        await Assertions.Expect(page.Locator("#blocked")).Not.ToHaveAttributeAsync("data-seen", "yes");
    }

    private static async Task LookAsync(IBrowser browser, string url, string name, string path, (string Name, int Width, int Height) size)
    {
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = size.Width, Height = size.Height }, ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        var page = await context.NewPageAsync();
        // They come on other threads than the test's.
        var said = new ConcurrentQueue<string>();
        var weights = new ConcurrentDictionary<string, Task<int>>();
        page.Console += (_, message) => said.Enqueue(message.Text);
        page.PageError += (_, error) => said.Enqueue(error);
        page.Response += (_, response) =>
        {
            // Streams never end, and what is loaded again for what is new makes the page no heavier.
            if (!response.Url.EndsWith("/seconds", StringComparison.Ordinal) && !response.Url.Contains("/traffic/rows", StringComparison.Ordinal))
                weights.GetOrAdd(response.Url, _ => WeightAsync(response));
        };
        await page.GotoAsync(url + path, new() { WaitUntil = WaitUntilState.Load });
        if (name == "overview")
            await Assertions.Expect(page.Locator(".plot canvas")).ToHaveCountAsync(4);
        var weight = (await Task.WhenAll(weights.Values)).Sum();
        Assert.True(weight < MostBytes, $"{name}: {weight} octets");
        await HoldAsync(page, name, size);
        if (size == Sizes[0] || WalkedSite.IsShown)
        {
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            // Of what axe looks for the colours alone are others now, and they are so at every width.
            await HoldAsync(page, $"{name}-dark", size, new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast"] } });
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        }
        if (size == Sizes[0])
            await WalkByKeyboardAsync(page, name);
        Assert.Equal([], name == "not-found" ? said.Where(text => !text.Contains("404", StringComparison.Ordinal)) : said);

        await using var without = await browser.NewContextAsync(new() { JavaScriptEnabled = false, ViewportSize = new() { Width = size.Width, Height = size.Height } });
        var plain = await without.NewPageAsync();
        await plain.GotoAsync(url + path);
        Assert.Equal(await page.Locator("h1").InnerTextAsync(), await plain.Locator("h1").InnerTextAsync());
        Assert.Equal(size.Width, await plain.EvaluateAsync<int>("Math.max(document.documentElement.scrollWidth, innerWidth)"));
    }

    private static async Task HoldAsync(IPage page, string name, (string Name, int Width, int Height) size, AxeRunOptions? rules = null)
    {
        var wide = await page.EvaluateAsync<string>("[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.unseen, thead')).map(e => e.outerHTML.slice(0, 80)).join('\\n')");
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= size.Width, $"{name} is wider than a {size.Name}:\n{wide}");
        var faults = (await page.RunAxe(rules)).Violations.Where(violation => violation.Impact is "serious" or "critical");
        Assert.Empty(faults.Select(fault => $"{name} {size.Name}: {fault.Id}: {fault.Help}: {string.Join("; ", fault.Nodes.Select(node => node.Html))}"));
        if (!WalkedSite.IsShown || !Shown.Contains(name))
            return;
        Directory.CreateDirectory(Path.Combine(Repository.Root, "docs/screenshots"));
        await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, $"docs/screenshots/{name}-{size.Name}.png") });
    }

    /// <summary>Every control that is to be seen is reached by Tab, in its turn, and shows it; a sample of those that each row has.</summary>
    private static async Task WalkByKeyboardAsync(IPage page, string name)
    {
        var stops = await page.EvaluateAsync<int>("""
            (() => {
              // Nothing is loaded again to a page that nobody sees.
              Object.defineProperty(document, 'hidden', { value: true });
              document.activeElement?.blur();
              document.querySelectorAll('tbody tr:nth-child(n+4)').forEach(row => row.remove());
              const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')].filter(e => e.checkVisibility({ visibilityProperty: true }));
              const left = self.left = new Set(all);
              self.unseen = [];
              addEventListener('focusin', ({ target }) => {
                const { outlineStyle, outlineWidth } = getComputedStyle(target);
                if (!target.matches(':focus-visible') || outlineStyle === 'none' || parseFloat(outlineWidth) === 0) self.unseen.push(target.outerHTML.slice(0, 120));
                left.delete(target);
              });
              return all.length;
            })()
            """);
        for (var i = 0; i < stops + 2; i++)
            await page.Keyboard.PressAsync("Tab");
        Assert.Equal("", await page.EvaluateAsync<string>("[...self.left].filter(e => e.isConnected).map(e => e.outerHTML.slice(0, 120)).join('\\n')"));
        Assert.Equal("", await page.EvaluateAsync<string>("self.unseen.join('\\n')"));
    }

    private static async Task<int> WeightAsync(IResponse response)
    {
        try
        {
            return (await response.BodyAsync()).Length;
        }
        catch (PlaywrightException)
        {
            return 0;
        }
    }
}
