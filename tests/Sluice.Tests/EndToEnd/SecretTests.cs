using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Sluice.Cli.Care;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.EndToEnd;

/// <summary>No secret that passes is in anything that the program writes down or shows, whatever becomes of its exchange.</summary>
public sealed class SecretTests
{
    private const string Secret = "s3cr3t";
    private static readonly string Login = Passwords.Basic("anna", "anna-pw");
    private static readonly string WrongLogin = Passwords.Basic("anna", $"{Secret}-wrong");

    /// <summary>What must be nowhere; of credentials the part that is the same wherever they stand.</summary>
    private static readonly string[] Needles = [Secret, "anna-pw", Login["Basic ".Length..], WrongLogin["Basic ".Length..], Uri.EscapeDataString(Login["Basic ".Length..])];

    [Fact]
    public async Task Secrets_AreInNoRecordWhateverBecomesOfTheExchange()
    {
        using var folder = new TempFolder();
        using var syslog = SyslogServer.Tcp();
        await using var collector = await OtlpCollector.StartAsync();
        await using var origin = ScriptedOrigin.Start(Answer);
        await File.WriteAllTextAsync(folder.File("htpasswd"), UserScene.Line("anna") + "\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("sluice.yaml"), string.Create(CultureInfo.InvariantCulture, $$"""
            users: { file: htpasswd }
            limits: { drain: 1s, connectPorts: [1-65535] }
            cache: { memory: 8MiB }
            policies: { p: { default: allow, rules: [{ id: refused, deny: true, paths: [/refused] }] } }
            logs:
              redact: { query: [token], headers: [X-Api-Key, X-Answer-Key] }
              fields: { request: [Cookie, Authorization, Proxy-Authorization, X-Api-Key, X-Note], response: [Set-Cookie, Location, X-Answer-Key] }
              history: { path: history.db }
              access:
                - { format: json, to: access.json }
                - { format: combined, to: combined.log }
                - { format: squid, to: squid.log }
                - { format: readable, to: readable.log }
                - { format: json, to: "syslog+tcp://127.0.0.1:{{syslog.Port}}" }
            otlp: { to: {{collector.Url}}, interval: 1s, traces: true }
            admin: { socket: admin.sock }
            listeners: [{ name: f, kind: forward, bind: 127.0.0.1:0, login: true, policy: p }]
            """), TestContext.Current.CancellationToken);
        using var log = new LogLines(LogLevel.Trace);
        using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(log));

        var shown = new StringBuilder();
        int count;
        await using (var proxy = await RunningProxy.OfSourceAsync(folder.File("sluice.yaml"), loggers: loggers))
        {
            using var admin = new AdminClient(folder.File("admin.sock"));
            using var stop = new CancellationTokenSource();
            var (live, problem) = await admin.FollowAsync("/v1/traffic/live", stop.Token);
            Assert.Null(problem);
            var following = FollowAsync(live!, shown);
            var requests = Requests(origin).ToList();
            foreach (var (request, status) in requests)
                Assert.Equal((status, request), ((await proxy.AskAsync(request)).Status, request));
            count = requests.Count;
            await proxy.RecordsAsync(count);
            await syslog.MessagesAsync(count);
            for (var tries = 0; Occurrences(shown) < count; tries++)
            {
                Assert.True(tries < 1000, shown.ToString());
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
            foreach (var path in (string[])["/v1/traffic?top=500", "/v1/traffic/recent?limit=4000", "/v1/status", "/v1/upstreams", "/v1/tunnels", "/v1/policy/rules"])
            {
                var body = (await admin.GetAsync(path, TestContext.Current.CancellationToken)).Body.GetRawText();
                if (path.StartsWith("/v1/traffic/recent", StringComparison.Ordinal))
                    Assert.Equal(count, Occurrences(new StringBuilder(body)));
                HasNone(path, body);
            }
            await proxy.DisposeAsync();
            await following.Within();
            HasNone("live", shown.ToString());
        }

        // Each exchange is there, and what is not secret of it.
        var json = await File.ReadAllTextAsync(folder.File("access.json"), TestContext.Current.CancellationToken);
        Assert.Equal(count, Occurrences(new StringBuilder(json)));
        Assert.Contains("token=REDACTED&shown=visible-1", json);
        Assert.Contains("\"user_name\":\"anna\"", json);
        Assert.Contains("\"http_request_header_x_note\":\"visible-2\"", json);
        Assert.Contains("\"http_request_header_x_api_key\":\"REDACTED\"", json);
        Assert.Contains("/next?token=REDACTED", json);
        Assert.Equal(count, collector.Logs.Count);
        Assert.Contains(collector.Spans, span => span.Kind == 2);
        var files = Directory.GetFiles(folder.Path).Where(file => Path.GetFileName(file) is not ("sluice.yaml" or "htpasswd")).ToList();
        Assert.Superset(new HashSet<string>(["access.json", "combined.log", "squid.log", "readable.log", "history.db"]), files.Select(file => Path.GetFileName(file)).ToHashSet());
        foreach (var file in files.Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
        {
            var octets = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Contains("visible-1", octets);
            HasNone(Path.GetFileName(file), octets);
        }
        HasNone("syslog", string.Join('\n', syslog.Messages.Select(message => message.Text)));
        HasNone("logs by OTLP", string.Join('\n', collector.Logs.SelectMany(line => line.Attributes.Values.Append(line.Body))));
        HasNone("spans", string.Join('\n', collector.Spans.SelectMany(span => span.Attributes.Values.Append(span.Name))));
        HasNone("metrics", string.Join('\n', collector.Points.SelectMany(point => point.Attributes.Values)));
        HasNone("diagnostics", string.Join('\n', log.Lines));
    }

    /// <summary>What an origin of an application says; it may break off, and say what is no HTTP.</summary>
    private static Task Answer(OriginExchange exchange) => exchange.Request.Target.Split('?')[0] switch
    {
        "/broken" => exchange.WriteAsync($"HTTP/1.1 200 OK\r\nSet-Cookie {Secret}\r\n\r\n"),
        "/no-http" => exchange.WriteAsync($"{Secret} no HTTP at all\r\n\r\n"),
        "/moved" => exchange.ReplyAsync(302, "", $"Location: /next?token={Secret}", $"Set-Cookie: id={Secret}; Path=/", $"X-Answer-Key: {Secret}"),
        _ => exchange.ReplyAsync(200, "ok", "Cache-Control: public, max-age=60", $"Set-Cookie: id={Secret}"),
    };

    private static IEnumerable<(string Request, int Status)> Requests(ScriptedOrigin origin)
    {
        var secrets = $"Proxy-Authorization: {Login}\r\nReferer: {origin.Url($"/from?token={Secret}")}\r\nCookie: session={Secret}; id={Secret}\r\nAuthorization: Bearer {Secret}\r\nX-Api-Key: {Secret}\r\nX-Note: visible-2\r\nConnection: close\r\n";
        string Get(string target, string fields = "", string host = "") => $"GET {target} HTTP/1.1\r\nHost: {(host.Length > 0 ? host : origin.Authority)}\r\n{secrets}{fields}\r\n";

        // Fetched, then from the cache.
        yield return (Get(origin.Url($"/a?token={Secret}&shown=visible-1")), 200);
        yield return (Get(origin.Url($"/a?token={Secret}&shown=visible-1")), 200);
        yield return (Get(origin.Url($"/a?%74oken={Secret}&x=1;token={Secret}#token={Secret}")), 400);
        yield return (Get(origin.Url($"/moved?token={Secret}")), 302);
        yield return (Get($"http://anna:{Secret}@{origin.Authority}/userinfo"), 400);
        yield return (Get(origin.Url($"/refused?token={Secret}")), 403);
        yield return (Get(origin.Url($"/broken?token={Secret}")), 502);
        yield return (Get(origin.Url($"/no-http?token={Secret}")), 502);
        // Nobody listens there.
        yield return (Get($"http://127.0.0.1:9/?token={Secret}", host: "127.0.0.1:9"), 502);
        yield return ($"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n{secrets}\r\n", 502);
        yield return (Get(origin.Url($"/wrong?token={Secret}")).Replace(Login, WrongLogin, StringComparison.Ordinal), 407);
        // No requests: what is said of them must not quote them.
        yield return (Get(origin.Url($"/a b?token={Secret}")), 400);
        yield return (Get(origin.Url($"/?token={Secret}")).Replace("HTTP/1.1", "HTTP/7.9", StringComparison.Ordinal), 505);
        yield return (Get(origin.Url($"/?token={Secret}"), $"X-Api-Key : {Secret}\r\n"), 400);
        yield return (Get(origin.Url($"/?token={Secret}"), $"Cookie: {Secret}\u0001\r\n"), 400);
        yield return (Get(origin.Url($"/?token={Secret}"), $"Content-Length: {Secret}\r\n"), 400);
        yield return (Get(origin.Url($"/?token={Secret}"), $"Transfer-Encoding: {Secret}\r\n"), 501);
        yield return (Get(origin.Url($"/?token={Secret}"), host: $"{Secret}@{origin.Authority}"), 400);
        yield return ($"{Secret}\r\n\r\n", 400);
    }

    private static void HasNone(string where, string text) => Assert.All(Needles, needle =>
        Assert.False(text.Contains(needle, StringComparison.Ordinal), $"{where}: ...{text[Math.Max(0, text.IndexOf(needle, StringComparison.Ordinal) - 300)..Math.Min(text.Length, text.IndexOf(needle, StringComparison.Ordinal) + 40)]}"));

    private static int Occurrences(StringBuilder text)
    {
        lock (text)
            return text.ToString().Split("\"number\":").Length - 1;
    }

    /// <summary>Until its end.</summary>
    private static async Task FollowAsync(Stream live, StringBuilder shown)
    {
        using var reader = new StreamReader(live);
        while (await reader.ReadLineAsync() is { } line)
            lock (shown)
                shown.Append(line).Append('\n');
    }
}
