using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Playwright;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard.Browser;

/// <summary>A dashboard over traffic that looks like some, and a Chromium to look at it (docs/decisions/0027). Shared by the tests that walk it.</summary>
public sealed class WalkedSite : IAsyncLifetime
{
    private const string Hostile = "/search?q=%22onmouseover=alert(1)//'x'";

    private static readonly string[] Paths = ["/", "/index.html", "/site.css", "/logo.svg", "/news/2026/a-rather-long-title-that-somebody-gave-to-an-article", "/app.js", "/api/items?page=3&sort=name", "/hero.jpg"];

    private static readonly string[] Hosts = ["www.example.org", "static.example.org", "news.example", "wiki.example", "registry.example"];

    /// <summary>docs/screenshots is made anew: they show what is well, over some minutes.</summary>
    public static readonly bool IsShown = Environment.GetEnvironmentVariable("SLUICE_WRITE_SCREENSHOTS") == "1";

    private static readonly TimeSpan ShownTraffic = TimeSpan.FromSeconds(300);

    private readonly List<Socket> _tunnels = [];
    private readonly CancellationTokenSource _end = new();
    private ScriptedOrigin? _origin;
    private ScriptedOrigin? _talker;
    private Task _passing = Task.CompletedTask;
    private IPlaywright? _playwright;

    public DashboardScene Scene { get; private set; } = null!;

    /// <summary>Null: Chromium is not installed.</summary>
    public IBrowser? Browser { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (RealClients.Find("chromium") is not { } chromium)
            return;
        _origin = ScriptedOrigin.Start(AnswerAsync);
        _talker = ScriptedOrigin.StartRaw(TalkAsync);
        Scene = await DashboardScene.StartAsync(DashboardScene.Open, $$"""
            listeners:
              - { name: office, kind: forward, bind: 127.0.0.1:0, policy: office }
              - { name: shop, kind: reverse, bind: 127.0.0.1:0, to: http://{{_origin.Authority}} }
            cache: { memory: 64MiB, disk: { path: disk, size: 64MiB } }
            lists: { folder: lists }
            limits: { connectPorts: [443, 1-65535] }
            logs: { access: off, history: { path: history.db } }
            upstreams: { lab: { to: http://{{_origin.Authority}} } }
            policies:
              office:
                default: allow
                rules:
                  - { id: allowed, allow: true, hosts: { file: allowed.txt } }
                  - { id: advertising, deny: true, hosts: { file: advertising.txt }, reason: Advertising is not fetched here. }
                  - { id: malware, deny: true, hosts: { url: "{{(IsShown ? _origin.Url("/malware.txt") : "http://127.0.0.1:1/malware.txt")}}" } }
                  - { id: trial, deny: true, mode: report, hosts: [mail.example] }
                  - { id: lab, route: lab, schemes: [http] }
                  - { id: tunnels, dialAs: 127.0.0.1, schemes: [connect] }

            """, files: [("allowed.txt", "ok.example\n"), ("advertising.txt", "0.0.0.0 ads.example\n0.0.0.0 tracker.example\nnothing understood\n")]);
        await PassAsync();
        if (IsShown)
        {
            _passing = PassForLongAsync();
            await Task.Delay(ShownTraffic);
        }
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        await (Browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await _end.CancelAsync();
        await _passing;
        _tunnels.ForEach(tunnel => tunnel.Dispose());
        await (Scene?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_origin?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_talker?.DisposeAsync() ?? ValueTask.CompletedTask);
        _end.Dispose();
    }

    /// <summary>One request from an address of 127.0.0.0/8.</summary>
    public async Task AskAsync(string client, string host, string path)
    {
        using var socket = await ConnectAsync(client);
        await socket.SendAsync(Encoding.Latin1.GetBytes($"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        var block = new byte[64 << 10];
        while (await socket.ReceiveAsync(block).Within() > 0)
        {
        }
    }

    /// <summary>As people ask: in waves.</summary>
    private async Task PassForLongAsync()
    {
        var random = new Random(18);
        for (var i = 0; !_end.IsCancellationRequested; i++)
        {
            var host = i % 23 == 5 ? "ads.example" : i % 61 == 7 ? "tracker.example" : i % 90 == 11 ? "mail.example" : Hosts[Math.Min(random.Next(5), random.Next(5))];
            await AskAsync($"127.0.0.{20 + Math.Min(random.Next(6), random.Next(6))}", host, Paths[Math.Min(random.Next(Paths.Length), random.Next(Paths.Length))]);
            await Task.Delay((int)(random.Next(20, 90) * (1.3 + Math.Sin(i / 400.0))));
        }
    }

    /// <summary>An origin that talks without end, at a pace of its own.</summary>
    private async Task TalkAsync(RawConnection connection)
    {
        var size = 2000 + 3000 * _tunnels.Count;
        while (!_end.IsCancellationRequested)
        {
            await connection.SendAsync(new byte[size]);
            await Task.Delay(200);
        }
    }

    private async Task PassAsync()
    {
        var random = new Random(17);
        for (var i = 0; i < 220; i++)
            await AskAsync($"127.0.0.{20 + random.Next(5)}", Hosts[Math.Min(random.Next(5), random.Next(5))], Paths[random.Next(Paths.Length)]);
        for (var i = 0; i < 12; i++)
            await AskAsync($"127.0.0.{20 + i % 3}", i % 3 == 0 ? "tracker.example" : "ads.example", "/banner.js?slot=17&size=300x250");
        await AskAsync("127.0.0.21", "mail.example", "/inbox");
        await AskAsync("127.0.0.22", "news.example", Hostile);
        await AskAsync("127.0.0.22", "news.example", "/" + new string('x', 600));
        await AskAsync("127.0.0.23", "x", "/<script>alert(1)</script>");
        foreach (var host in new[] { "mail.example", "chat.example", "registry.example" })
            await OpenTunnelAsync($"127.0.0.{24 - _tunnels.Count}", host);
        await Scene.Proxy.RecordsAsync(236);
    }

    private async Task OpenTunnelAsync(string client, string host)
    {
        var socket = await ConnectAsync(client);
        _tunnels.Add(socket);
        await socket.SendAsync(Encoding.Latin1.GetBytes($"CONNECT {host}:{_talker!.Port} HTTP/1.1\r\nHost: {host}\r\n\r\nhello"));
        _ = DrainAsync(socket);
    }

    private static async Task DrainAsync(Socket socket)
    {
        try
        {
            var block = new byte[64 << 10];
            while (await socket.ReceiveAsync(block) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task<Socket> ConnectAsync(string client)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(client), 0));
        await socket.ConnectAsync(Scene.Proxy.EndPoint).Within();
        return socket;
    }

    private static async Task AnswerAsync(OriginExchange x)
    {
        var path = x.Target;
        if (IsShown)
            await Task.Delay(2 + path.Length * path.Length % 70);
        if (path == "/malware.txt")
        {
            await x.ReplyAsync(200, string.Concat(Enumerable.Range(0, 4000).Select(i => $"bad{i}.example\n")), "Content-Type: text/plain");
            return;
        }
        var (status, size) = path switch
        {
            "/api/items?page=3&sort=name" => (500, 120),
            "/app.js" => (404, 300),
            "/hero.jpg" => (200, 90_000),
            _ => (200, 200 + path.Length * 400),
        };
        var type = path.EndsWith(".css", StringComparison.Ordinal) ? "text/css" : path.EndsWith(".svg", StringComparison.Ordinal) ? "image/svg+xml" : path.EndsWith(".jpg", StringComparison.Ordinal) ? "image/jpeg" : "text/html; charset=utf-8";
        var isKept = type != "text/html; charset=utf-8";
        await x.ReplyAsync(status, new string('x', size), isKept ? ["Cache-Control: max-age=600", "Cache-Tag: assets", $"Content-Type: {type}"] : [$"Content-Type: {type}"]);
    }
}
