using System.Text;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What is tried to get past rules, as raw requests: nothing of it reaches the origin. Spellings of addresses are in GuardTests, lies in TLS in
/// TunnelLookTests, names that change in NamesTests.</summary>
public class EvasionTests
{
    private const string End = " HTTP/1.1\r\nHost: ok.test\r\n\r\n";

    /// <summary>PORT stands for the origin's.</summary>
    public static TheoryData<string, string> Evasions => new()
    {
        { "upper case", "GET http://DENIED.TEST:PORT/" + End },
        { "mixed case", "GET http://DeNiEd.tEsT:PORT/" + End },
        { "upper case in the scheme", "GET HTTP://denied.test:PORT/" + End },
        { "a dot at the end", "GET http://denied.test.:PORT/" + End },
        { "two dots at the end", "GET http://denied.test..:PORT/" + End },
        { "an escape in the host", "GET http://d%65nied.test:PORT/" + End },
        { "an escaped dot in the host", "GET http://denied%2etest:PORT/" + End },
        { "full-width letters, as octets of UTF-8", "GET http://\u00ef\u00bd\u0084enied.test:PORT/" + End },
        { "a name below a denied domain", "GET http://x.y.ads.test:PORT/" + End },
        { "the denied domain itself", "GET http://ads.test:PORT/" + End },
        { "an allowed name as user info", "GET http://ok.test@denied.test:PORT/" + End },
        { "an allowed name and port as user info", "GET http://ok.test:80@denied.test:PORT/" + End },
        { "a backslash before the user info", "GET http://ok.test\\@denied.test:PORT/" + End },
        { "a tab in the host", "GET http://denied\t.test:PORT/" + End },
        { "a port with zeros", "GET http://denied.test:0PORT/" + End },
        { "a port with a sign", "GET http://denied.test:+PORT/" + End },
        { "the target is denied, Host is not", "GET http://denied.test:PORT/ HTTP/1.1\r\nHost: ok.test:PORT\r\n\r\n" },
        { "Host twice", "GET http://denied.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nHost: denied.test\r\n\r\n" },
        { "https in the target", "GET https://denied.test:PORT/" + End },
        { "an upgrade", "GET http://denied.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" },
        { "a tunnel", "CONNECT denied.test:PORT" + End },
        { "a tunnel in upper case with a dot", "CONNECT DENIED.TEST.:PORT" + End },
        { "a tunnel with user info", "CONNECT ok.test@denied.test:PORT" + End },
        { "a tunnel with a path", "CONNECT denied.test:PORT/" + End },
        { "TRACE", "TRACE http://denied.test:PORT/" + End },
        { "OPTIONS", "OPTIONS http://denied.test:PORT/" + End },
        { "a method of its own", "FETCH http://denied.test:PORT/" + End },
        { "HTTP/1.0", "GET http://denied.test:PORT/ HTTP/1.0\r\n\r\n" },
        { "HTTP/0.9", "GET http://denied.test:PORT/\r\n" },
        { "an escaped letter in the path", "GET http://ok.test:PORT/%73ecret" + End },
        { "an escaped slash behind dots", "GET http://ok.test:PORT/a/..%2fsecret" + End },
        { "dots in the path", "GET http://ok.test:PORT/a/../secret" + End },
        { "escaped dots in the path", "GET http://ok.test:PORT/a/%2e%2E/secret" + End },
        { "a dot in the path", "GET http://ok.test:PORT/./secret" + End },
        { "more than the path", "GET http://ok.test:PORT/secret/../secrets?x" + End },
        { "no path but a query", "GET http://denied.test:PORT?x" + End },
        { "a parameter with an escaped name", "GET http://ok.test:PORT/?%6bey=1" + End },
        { "a parameter behind others", "GET http://ok.test:PORT/?a=1&b&key=1" + End },
        { "a parameter without a value", "GET http://ok.test:PORT/?key" + End },
        { "parameters of a segment behind dots", "GET http://ok.test:PORT/a/..;x=1/secret" + End },
        { "parameters of the denied segment", "GET http://ok.test:PORT/secret;x=1" + End },
        { "a parameter behind a semicolon", "GET http://ok.test:PORT/?a=1;key=1" + End },
        { "a parameter as a form writes it", "GET http://ok.test:PORT/?two+words=%31" + End },
        { "a denied method in small letters", "delete http://ok.test:PORT/" + End },
        { "a denied method", "DELETE http://ok.test:PORT/" + End },
        { "a field in other letters", "GET http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nx-eViL: 1\r\n\r\n" },
        { "a field the second time", "GET http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nX-Evil:\r\nX-Evil: 1\r\n\r\n" },
        { "a folded field", "GET http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nX-Fine: a\r\n X-Evil: 1\r\n\r\n" },
        { "a space before the colon", "GET http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nX-Evil : 1\r\n\r\n" },
        { "a length and chunks", "POST http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET http://denied.test:PORT/" + End },
        { "chunks in a strange coding", "POST http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\nGET http://denied.test:PORT/" + End },
        { "two lengths", "POST http://ok.test:PORT/ HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nGET http://denied.test:PORT/" + End },
        { "lines that end with LF", "GET http://ok.test:PORT/ HTTP/1.1\nHost: ok.test\n\nGET http://denied.test:PORT/" + End },
        { "behind a request that is refused, a denied one", "DELETE http://ok.test:PORT/" + End + "GET http://denied.test:PORT/" + End },
        { "a tunnel that is refused, and what was to go through it", "CONNECT denied.test:PORT" + End + "GET http://ok.test:PORT/" + End },
    };

    [Theory]
    [MemberData(nameof(Evasions))]
    public async Task Evasion_ReachesNobody(string what, string raw)
    {
        await using var names = Names();
        await using var origin = ScriptedOrigin.With("ARRIVED");
        await using var proxy = await StartAsync(names);
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(raw.Replace("PORT", $"{origin.Port}", StringComparison.Ordinal));
        client.HalfClose();
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 501", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.DoesNotContain("ARRIVED", answer);
        Assert.True(origin.Connections == 0, what);
        Assert.NotEmpty(await proxy.RecordsAsync(1));
    }

    [Fact]
    public void FortyAndMore_AreTried() => Assert.True(Evasions.Count >= 40);

    [Fact]
    public async Task AllowedNeighbours_PassAndArriveAsWhatTheyWereJudgedAs()
    {
        await using var names = Names();
        await using var origin = ScriptedOrigin.With("ARRIVED");
        await using var proxy = await StartAsync(names);
        // Host does not count where the target says it, and goes on as the target's (RFC 9112 s.3.2.2).
        Assert.Equal("ARRIVED", (await proxy.AskAsync($"GET http://ok.test:{origin.Port}/public HTTP/1.1\r\nHost: denied.test\r\n\r\n")).Text);
        Assert.Equal($"ok.test:{origin.Port}", Assert.Single(origin.Requests).Head["Host"]);
        Assert.Equal("ARRIVED", (await proxy.AskAsync($"GET http://notdenied.test:{origin.Port}/?keys=1 HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
    }

    [Fact]
    public async Task RedirectToADeniedPlace_IsFollowedByTheClientAlone_AndJudgedAgain()
    {
        await using var names = Names();
        await using var origin = ScriptedOrigin.Start(x => x.Target == "/go"
            ? x.ReplyAsync(302, "", $"Location: http://denied.test:{x.Connection.Local.Port}/")
            : x.ReplyAsync(200, "ARRIVED"));
        await using var proxy = await StartAsync(names);
        var sent = await proxy.AskAsync($"GET http://ok.test:{origin.Port}/go HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(302, sent.Status);
        Assert.Equal(403, (await proxy.AskAsync($"GET {sent["Location"]} HTTP/1.1\r\nHost: x\r\n\r\n")).Status);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task StoredAnswer_IsNotServedToWhoMayNotAsk()
    {
        await using var names = Names();
        await using var origin = ScriptedOrigin.With("ARRIVED", "Cache-Control: max-age=60");
        await using var proxy = await StartAsync(names);
        Assert.Equal("ARRIVED", (await proxy.AskAsync($"GET http://ok.test:{origin.Port}/page HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        Assert.Equal(403, (await proxy.AskAsync($"GET http://ok.test:{origin.Port}/page HTTP/1.1\r\nHost: x\r\nX-Evil: 1\r\n\r\n")).Status);
        Assert.Equal(504, (await proxy.AskAsync($"GET http://ok.test:{origin.Port}/other HTTP/1.1\r\nHost: x\r\nCache-Control: only-if-cached\r\n\r\n")).Status);
    }

    /// <summary>Every name is this machine.</summary>
    private static NameServer Names() => new()
    {
        Script = question => question.Type == DnsRecord.A ? new DnsReply(DnsRecord.Address(question.Name, 60, "127.0.0.1")) : DnsReply.NoName(60),
    };

    private static Task<RunningProxy> StartAsync(NameServer names) => RunningProxy.OfFileAsync($$"""
        listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
        resolver: ["127.0.0.1:{{names.Port}}"]
        policies:
          p:
            default: allow
            rules:
              - { id: hosts,  deny: true, hosts: [denied.test, .ads.test] }
              - { id: paths,  deny: true, paths: ["/secret*"] }
              - { id: method, deny: true, methods: [DELETE] }
              - { id: query,  deny: true, query: { key: "*" } }
              - { id: form,   deny: true, query: { "two words": "1" } }
              - { id: field,  deny: true, headers: { X-Evil: "*" } }
        """);
}
