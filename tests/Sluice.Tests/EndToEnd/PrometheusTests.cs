using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Tests.House;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What Prometheus gets, after traffic of every kind.</summary>
public sealed partial class PrometheusTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Metrics_AreCleanToPromtool_AndStandInTheDocs()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var scrape = await ScrapeAsync(collector);
        var names = Family().Matches(scrape).Select(m => m.Groups[1].Value).Except(["target_info"]).ToHashSet();
        var doc = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/telemetry.md"), TestContext.Current.CancellationToken);
        var rows = Row().Matches(doc).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.Empty(names.Except(rows));
        Assert.Empty(rows.Except(names));
        HoldGrafana(names);
        await CheckAsync(scrape);

        foreach (var line in new[]
        {
            """http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",sluice_listener="f",url_scheme="http"} 2""",
            """http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="200",sluice_listener="f",url_scheme="http"} 1""",
            """http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="403",sluice_listener="f",url_scheme="http"} 1""",
            """http_server_request_duration_seconds_count{error_type="connection_refused",http_request_method="GET",http_response_status_code="502",sluice_listener="f",url_scheme="http"} 1""",
            """sluice_cache_exchanges_total{sluice_cache="hit",sluice_listener="f"} 1""",
            """sluice_cache_io_bytes_total{sluice_cache="hit",sluice_listener="f"} 5""",
            """sluice_verdicts_total{sluice_listener="f",sluice_rule="ads",sluice_verdict="deny"} 1""",
            """sluice_rule_matches_total{sluice_policy="p",sluice_rule="ads"} 1""",
            """sluice_tunnel_duration_seconds_count{sluice_kind="relay",sluice_listener="t"} 1""",
            """sluice_tunnel_duration_seconds_count{sluice_kind="connect",sluice_listener="f"} 1""",
            """sluice_config_generation{} 1""",
        })
            Assert.Contains(line, scrape, StringComparison.Ordinal);
        // Never a host, a client or a URL of clients.
        Assert.DoesNotContain("ads.test", scrape, StringComparison.Ordinal);
        Assert.DoesNotContain("BREW", scrape, StringComparison.Ordinal);
    }

    private async Task<string> ScrapeAsync(OtlpCollector collector)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "hello", "Cache-Control: max-age=60"));
        var socket = _folder.File("admin.sock");
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners:
              - { kind: forward, bind: 127.0.0.1:0, name: f, policy: p }
              - { kind: tcp, bind: 127.0.0.1:0, name: t, to: "{{origin.Authority}}" }
              - { kind: reverse, bind: 127.0.0.1:0, name: r, to: "{{origin.Url("")}}" }
            policies: { p: { default: allow, rules: [{ id: ads, deny: true, hosts: { file: ads.txt } }] } }
            cache: { memory: 1MiB, disk: { path: {{_folder.File("cache")}}, size: 16MiB } }
            limits: { connectPorts: [1-65535] }
            otlp: { to: {{collector.Url}}, interval: 1s, traces: false }
            admin: { socket: {{socket}} }
            """, ("ads.txt", "ads.test\n"));
        for (var i = 0; i < 2; i++)
            Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        Assert.Equal(200, (await proxy.AskAsync($"BREW {origin.Url("/pot")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n")).Status);
        Assert.Equal(403, (await proxy.AskAsync("GET http://ads.test/ HTTP/1.1\r\nHost: ads.test\r\n\r\n")).Status);
        Assert.Equal(502, (await proxy.AskAsync("GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n")).Status);
        await using (var tunnel = await proxy.ConnectAsync())
        {
            await tunnel.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(200, (await tunnel.ReadResponseAsync("CONNECT")).Status);
        }
        foreach (var listener in new[] { 1, 2 })
        {
            await using var client = await RawConnection.OpenAsync(proxy.EndPoints[listener]);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync("GET")).Status);
        }
        await proxy.RecordsAsync(8);
        await collector.UntilAsync(c => !c.Points.IsEmpty);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await unix.ConnectAsync(new UnixDomainSocketEndPoint(socket), stop);
                return new NetworkStream(unix, ownsSocket: true);
            },
        });
        // The export that has just been answered is counted a moment later.
        string scrape;
        do
            scrape = await http.GetStringAsync("http://localhost/metrics", TestContext.Current.CancellationToken);
        while (!scrape.Contains("sluice_otlp_exports_total", StringComparison.Ordinal));
        return scrape;
    }

    /// <summary>Every panel asks for what there is.</summary>
    private static void HoldGrafana(HashSet<string> families)
    {
        var names = families.Concat(families.SelectMany(name => new[] { name + "_bucket", name + "_sum", name + "_count" })).ToHashSet();
        using var board = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs/grafana.json")));
        var queries = board.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!).ToList();
        Assert.True(queries.Count > 20);
        Assert.Empty(queries.SelectMany(query => Metric().Matches(query).Select(m => m.Value)).Except(names));
    }

    private async Task CheckAsync(string scrape)
    {
        var file = _folder.File("scrape");
        await File.WriteAllTextAsync(file, scrape, TestContext.Current.CancellationToken);
        var run = await RealClients.RunAsync("sh", ["-c", "command -v promtool >/dev/null || exit 127; promtool check metrics <\"$1\"", "sh", file]);
        Assert.SkipWhen(run.ExitCode == 127, "needs promtool, which ./test installs");
        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [GeneratedRegex(@"^# TYPE (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex(@"^\| `[a-z._]+` \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\b[a-z]\w+(?=\{)")]
    private static partial Regex Metric();
}
