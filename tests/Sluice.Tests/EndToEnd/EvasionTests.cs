using System.Net;
using System.Net.Sockets;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What those try who want what a policy denies: other spellings, other forms, other ways. Whatever is let through would reach the origin, by
/// <c>dialAs</c>, under any name. Spellings of addresses are in GuardTests, lies in TLS in TunnelLookTests, names that change in NamesTests.</summary>
public class EvasionTests
{
    private const string Censored = """
        listeners: [{ name: lab, kind: forward, bind: "127.0.0.1:0", policy: p }]
        policies:
          p:
            default: allow
            rules:
              - { id: there, dialAs: 127.0.0.1 }
              - { id: hosts, deny: true, hosts: [denied.test, .ads.test, xn--bcher-kva.test, 203.0.113.7] }
              - { id: paths, deny: true, paths: [/secret*] }
              - { id: methods, deny: true, methods: [DELETE, PURGE, TRACE] }
              - { id: query, deny: true, query: { key: "*" } }
              - { id: words, deny: true, query: { q: "*free games*" } }
              - { id: headers, deny: true, headers: { X-App: "*chat*" } }
              - { id: ports, deny: true, ports: [CLOSED] }
              - { id: replies, deny: true, reply: { types: [video/*] } }
        """;

    /// <summary>What is tried; what goes over the connection, where <c>:P</c> is the origin's port and <c>:Q</c> one that is denied; what becomes of each request,
    /// in order: the rule that refuses it, the status of who cannot read it, or the target by which the origin was asked.</summary>
    public static TheoryData<string, string, string> Tried => new()
    {
        // The host
        { "its name in upper case", Get("http://DENIED.TEST:P/"), "hosts" },
        { "its name in mixed case", Get("http://dEnIeD.tEsT:P/"), "hosts" },
        { "the scheme in upper case", Get("HTTP://denied.test:P/"), "hosts" },
        { "a dot at the end", Get("http://denied.test.:P/"), "hosts" },
        { "two dots at the end", Get("http://denied.test..:P/"), "400" },
        { "an empty label within", Get("http://denied..test:P/"), "400" },
        { "a dot before", Get("http://.denied.test:P/"), "400" },
        { "a host of a denied domain", Get("http://a.b.ads.test:P/"), "hosts" },
        { "the domain itself", Get("http://ads.test:P/"), "hosts" },
        { "a letter percent-encoded", Get("http://d%65nied.test:P/"), "400" },
        { "the dot percent-encoded", Get("http://denied%2etest:P/"), "400" },
        { "a percent-encoded percent", Get("http://d%2565nied.test:P/"), "400" },
        { "a full-width letter in escapes", Get("http://%EF%BD%84enied.test:P/"), "400" },
        { "an ideographic full stop in escapes", Get("http://denied%E3%80%82test:P/"), "400" },
        { "a soft hyphen in escapes", Get("http://den%C2%ADied.test:P/"), "400" },
        { "Unicode in escapes for what is listed in Punycode", Get("http://b%C3%BCcher.test:P/"), "400" },
        { "the same in upper case", Get("http://B%C3%9CCHER.test:P/"), "400" },
        { "the same, decomposed", Get("http://bu%CC%88cher.test:P/"), "400" },
        { "Punycode in upper case", Get("http://XN--BCHER-KVA.test:P/"), "hosts" },
        { "Unicode in bare octets", Get("http://b\u00c3\u00bccher.test:P/"), "400" },
        { "an address as one number", Get("http://3405803783:P/"), "hosts" },
        { "an address in hexadecimal", Get("http://0xcb.0x0.0x71.0x7:P/"), "hosts" },
        { "an address mapped into IPv6", Get("http://[::ffff:203.0.113.7]:P/"), "hosts" },
        { "an allowed host as user information", Get("http://ok.test@denied.test:P/"), "400" },
        { "an allowed host and port as user and password", Get("http://ok.test:80@denied.test:P/"), "400" },
        { "a denied host behind a backslash", Get("http://ok.test:P\\@denied.test/"), "400" },
        { "a denied host behind a tab", Get("http://ok.test:P\tdenied.test/"), "400" },
        { "NUL behind the name", Get("http://denied.test%00.ok.test:P/"), "400" },
        { "a slash in the name", Get("http://denied.test%2f.ok.test:P/"), "400" },
        { "no path but a query", Get("http://denied.test:P?x"), "hosts" },
        { "HTTP/1.0 without Host", "GET http://denied.test:P/ HTTP/1.0\r\n\r\n", "hosts" },
        { "https in absolute form", Get("https://denied.test:P/"), "hosts" },

        // The port
        { "zeros before the port", Get("http://ok.test:00Q/"), "400" },
        { "zeros before a denied host's port", Get("http://denied.test:00P/"), "400" },
        { "a plus before the port", Get("http://ok.test:+Q/"), "400" },
        { "the port in hexadecimal", Get("http://ok.test:0x50/"), "400" },
        { "a port over 65535 that wraps", Get("http://ok.test:65616/"), "400" },
        { "a port percent-encoded", Get("http://ok.test:%38%30/"), "400" },
        { "two ports", Get("http://ok.test:P:Q/"), "400" },

        // Target and Host (RFC 9112 s.3.2.2)
        { "a denied target with an allowed Host", Get("http://denied.test:P/", "Host: ok.test"), "hosts" },
        { "an allowed target with a denied Host: the origin sees the target's", Get("http://ok.test:P/shown", "Host: denied.test"), "/shown" },
        { "two Hosts, the allowed first", Get("http://ok.test:P/", "Host: ok.test:P", "Host: denied.test:P"), "400" },
        { "two Hosts in one line", Get("http://ok.test:P/", "Host: ok.test:P, denied.test:P"), "400" },
        { "a Host with user information", Get("http://ok.test:P/", "Host: ok.test@denied.test"), "400" },
        { "a space before Host's colon", Get("http://ok.test:P/", "Host : denied.test", "Host: ok.test:P"), "400" },
        { "Host on a folded line", Get("http://ok.test:P/", "Host: ok.test:P\r\n denied.test"), "400" },
        { "X-Forwarded-Host for a denied target", Get("http://denied.test:P/", "Host: ok.test", "X-Forwarded-Host: ok.test"), "hosts" },

        // The path
        { "a letter percent-encoded", Get("http://ok.test:P/%73ecret"), "paths" },
        { "every letter percent-encoded", Get("http://ok.test:P/%73%65%63%72%65%74"), "paths" },
        { "dots", Get("http://ok.test:P/a/../secret"), "paths" },
        { "one dot", Get("http://ok.test:P/./secret"), "paths" },
        { "dots above the root", Get("http://ok.test:P/../../secret"), "paths" },
        { "dots percent-encoded", Get("http://ok.test:P/a/%2e%2e/secret"), "paths" },
        { "dots percent-encoded in upper case, one of them bare", Get("http://ok.test:P/a/.%2E/secret"), "paths" },
        { "a percent-encoded slash", Get("http://ok.test:P/a%2f..%2fsecret"), "paths" },
        { "a percent-encoded slash in front", Get("http://ok.test:P/%2fsecret"), "paths" },
        { "two slashes", Get("http://ok.test:P//secret"), "paths" },
        { "three slashes and a dot", Get("http://ok.test:P///.//secret"), "paths" },
        { "a backslash", Get("http://ok.test:P/a\\..\\secret"), "paths" },
        { "a percent-encoded backslash", Get("http://ok.test:P/a%5c..%5csecret"), "paths" },
        { "NUL behind", Get("http://ok.test:P/secret%00.html"), "paths" },
        { "a parameter", Get("http://ok.test:P/secret;x=1"), "paths" },
        { "a parameter within dots", Get("http://ok.test:P/a/..;/secret"), "paths" },
        { "a query", Get("http://ok.test:P/secret?x"), "paths" },
        { "a parameter within", Get("http://ok.test:P/;x/secret"), "paths" },
        { "a fragment", Get("http://ok.test:P/#/../secret"), "400" },

        // The query
        { "its name percent-encoded", Get("http://ok.test:P/?%6bey=1"), "query" },
        { "its name in full escapes", Get("http://ok.test:P/?%6B%65%79=1"), "query" },
        { "without a value", Get("http://ok.test:P/?key"), "query" },
        { "the = percent-encoded: another name, but one reading", Get("http://ok.test:P/?key=%3D"), "query" },
        { "behind others", Get("http://ok.test:P/?a=1&b=2&key=3"), "query" },
        { "twice, the first empty", Get("http://ok.test:P/?key=&key=1"), "query" },
        { "a semicolon between", Get("http://ok.test:P/?a=1;key=1"), "query" },
        { "empty parameters before", Get("http://ok.test:P/?&&key=1"), "query" },
        { "a second question mark", Get("http://ok.test:P/?a=1?&key=1"), "query" },
        { "+ for a space", Get("http://ok.test:P/?q=free+games"), "words" },
        { "%20 for a space", Get("http://ok.test:P/?q=free%20games"), "words" },
        { "a value in upper case", Get("http://ok.test:P/?q=FREE+GAMES"), "words" },
        { "a value in escapes", Get("http://ok.test:P/?q=%66ree+g%61mes"), "words" },
        { "a parameter twice, the second is denied", Get("http://ok.test:P/?q=maths&q=free+games"), "words" },

        // The method
        { "in its own case", Ask("DELETE", "http://ok.test:P/"), "methods" },
        { "in lower case", Ask("delete", "http://ok.test:P/"), "methods" },
        { "two spaces behind", Ask("DELETE ", "http://ok.test:P/"), "400" },
        { "a space before", Ask(" DELETE", "http://ok.test:P/"), "400" },
        { "a tab behind", Ask("DELETE\t", "http://ok.test:P/"), "400" },
        { "an empty line before", "\r\n" + Ask("DELETE", "http://ok.test:P/"), "methods" },
        { "an override to something allowed", Ask("DELETE", "http://ok.test:P/", "Host: ok.test:P", "X-HTTP-Method-Override: GET"), "methods" },
        { "PURGE", Ask("PURGE", "http://ok.test:P/"), "purge" },
        { "TRACE that ends here", Ask("TRACE", "http://denied.test:P/", "Host: denied.test", "Max-Forwards: 0"), "hosts" },
        { "OPTIONS that ends here", Ask("OPTIONS", "http://denied.test:P", "Host: denied.test", "Max-Forwards: 0"), "hosts" },
        { "HEAD", Ask("HEAD", "http://denied.test:P/"), "hosts" },

        // Fields
        { "a name in another case", Get("http://ok.test:P/", "Host: ok.test:P", "x-aPP: chat"), "headers" },
        { "a value in another case", Get("http://ok.test:P/", "Host: ok.test:P", "X-App: CHAT"), "headers" },
        { "a second line of the name", Get("http://ok.test:P/", "Host: ok.test:P", "X-App: mail", "X-App: chat"), "headers" },
        { "a list", Get("http://ok.test:P/", "Host: ok.test:P", "X-App: mail, chat"), "headers" },
        { "named by Connection, so that it ends here", Get("http://ok.test:P/", "Host: ok.test:P", "Connection: X-App", "X-App: chat"), "headers" },
        { "a folded value", Get("http://ok.test:P/", "Host: ok.test:P", "X-App:\r\n chat"), "400" },
        { "a space before the colon", Get("http://ok.test:P/", "Host: ok.test:P", "X-App : chat"), "400" },
        { "a bare CR for a line's end", Get("http://ok.test:P/", "Host: ok.test:P", "X-A: b\rX-App: chat"), "400" },

        // Tunnels and upgrades
        { "a tunnel to a denied host", Connect("denied.test:P"), "hosts" },
        { "a tunnel in upper case", Connect("DENIED.TEST:P"), "hosts" },
        { "a tunnel with a dot at the end", Connect("denied.test.:P"), "hosts" },
        { "a tunnel to the address of a denied host", Connect("203.0.113.7:P"), "hosts" },
        { "a tunnel to it as a number", Connect("0xcb007107:P"), "hosts" },
        { "a tunnel with zeros before the port", Connect("ok.test:00Q"), "400" },
        { "a tunnel with an allowed Host", "CONNECT denied.test:P HTTP/1.1\r\nHost: ok.test:P\r\n\r\n", "hosts" },
        { "a tunnel with user information", Connect("ok.test@denied.test:P"), "400" },
        { "a tunnel with a path", Connect("denied.test:P/"), "400" },
        { "a tunnel in escapes", Connect("d%65nied.test:P"), "400" },
        { "a WebSocket", Get("http://denied.test:P/", "Host: denied.test", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), "hosts" },
        { "an upgrade to HTTP/2", Get("http://denied.test:P/", "Host: denied.test", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), "hosts" },

        // More than one request
        { "behind an allowed one", Get("http://ok.test:P/1") + Get("http://denied.test:P/"), "/1, hosts" },
        { "behind one that is refused", Get("http://ads.test:P/") + Get("http://denied.test:P/"), "hosts, hosts" },
        { "between allowed ones", Get("http://ok.test:P/1") + Get("http://denied.test:P/") + Get("http://ok.test:P/2"), "/1, hosts, /2" },
        { "behind a body of known length", Post("http://ok.test:P/1", "Content-Length: 1", "x" + Get("http://denied.test:P/")), "/1, hosts" },
        { "behind a chunked body", Post("http://ok.test:P/1", "Transfer-Encoding: chunked", "1\r\nx\r\n0\r\n\r\n" + Get("http://denied.test:P/")), "/1, hosts" },
        { "within a body: that it stays", Post("http://ok.test:P/1", "Content-Length: 29", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"[..29] + Get("http://ok.test:P/2")), "/1, /2" },
        { "under a length and chunks", Post("http://ok.test:P/1", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Get("http://denied.test:P/")), "400" },
        { "under two lengths", Post("http://ok.test:P/1", "Content-Length: 0\r\nContent-Length: 9", Get("http://denied.test:P/")), "400" },
        { "under chunks with a space before the colon", Post("http://ok.test:P/1", "Transfer-Encoding : chunked", "0\r\n\r\n" + Get("http://denied.test:P/")), "400" },
        { "under a coding that is not chunked last", Post("http://ok.test:P/1", "Transfer-Encoding: chunked, identity", "0\r\n\r\n" + Get("http://denied.test:P/")), "501" },
        { "behind a bare LF in the head", "GET http://ok.test:P/1 HTTP/1.1\nHost: ok.test:P\n\n" + Get("http://denied.test:P/"), "400" },
        { "behind a chunk size with a sign", Post("http://ok.test:P/1", "Transfer-Encoding: chunked", "+0\r\n\r\n" + Get("http://denied.test:P/")), "400" },

        // Answers of a denied type
        { "two parts of one, whose types stand within", Get("http://ok.test:P/videos", "Host: ok.test:P", "Range: bytes=0-0,2-2"), "replies" },
        { "HEAD for one", Ask("HEAD", "http://ok.test:P/video"), "replies" },
        { "a part of one", Get("http://ok.test:P/video", "Host: ok.test:P", "Range: bytes=0-0"), "replies" },
        { "a part of one, if it is unchanged", Get("http://ok.test:P/video", "Host: ok.test:P", "Range: bytes=0-0", "If-Range: \"1\""), "replies" },
        { "in another case of its type", Get("http://ok.test:P/VIDEO"), "replies" },
    };

    [Theory]
    [MemberData(nameof(Tried))]
    public async Task WhatIsDenied_IsReachedByNoDetour(string tried, string requests, string becomes)
    {
        await using var origin = Origin();
        await using var closed = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.OfFileAsync(Censored.Replace("CLOSED", $"80, {closed.Port}", StringComparison.Ordinal));
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(requests.Replace(":P", $":{origin.Port}").Replace(":00P", $":00{origin.Port}").Replace(":00Q", $":00{closed.Port}").Replace(":+Q", $":+{closed.Port}").Replace(":Q", $":{closed.Port}"));
        var expected = becomes.Split(", ");
        foreach (var one in expected)
        {
            var answer = await client.ReadResponseAsync(requests.StartsWith("HEAD", StringComparison.Ordinal) ? "HEAD" : "GET");
            Assert.True(one[0] == '/' ? answer.Status == 200 : answer.Status is >= 400 and < 500 or 501, $"{tried}: {answer.Status}");
        }
        await client.DisposeAsync();
        var records = await proxy.EndAsync(expected.Length);
        Assert.Equal(expected, records.Select(Outcome));
        Assert.Equal(expected.Where(one => one[0] == '/'), origin.Requests.Select(r => r.Target).Where(target => !target.Contains("video", StringComparison.OrdinalIgnoreCase)));
        Assert.All(origin.Requests, request => Assert.Equal($"ok.test:{origin.Port}", request["Host"]));
        Assert.Equal(0, closed.Connections);
    }

    [Fact]
    public async Task WhatIsNotDenied_ReachesTheOrigin()
    {
        await using var origin = Origin();
        await using var proxy = await RunningProxy.OfFileAsync(Censored.Replace("CLOSED", "80", StringComparison.Ordinal));
        string[] innocent = ["http://ok.test:P/", "http://notdenied.test:P/open", "http://ok.test:P/a/secret", "http://ok.test:P/?keys=1&q=board+games", "http://203.0.113.8:P/"];
        foreach (var url in innocent)
            Assert.Equal(200, (await proxy.AskAsync(Get(url.Replace(":P", $":{origin.Port}")))).Status);
        Assert.Equal(innocent.Length, origin.Requests.Count);
    }

    [Fact]
    public async Task RedirectToADeniedHost_IsJudgedWhenItIsFollowed()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(302, "", $"Location: http://denied.test:{x.Head["Host"]!.Split(':')[1]}/"));
        await using var proxy = await RunningProxy.OfFileAsync(Censored.Replace("CLOSED", "80", StringComparison.Ordinal));
        var sent = await proxy.AskAsync(Get($"http://ok.test:{origin.Port}/"));
        Assert.Equal(302, sent.Status);
        Assert.Equal(403, (await proxy.AskAsync(Get(sent["Location"]!))).Status);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task StoredAnswer_IsNotForClientsWhoMayNotAsk()
    {
        await using var origin = ScriptedOrigin.With("for one", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
            policies: { p: { default: allow, rules: [{ id: others, deny: true, clients: [127.0.0.2/32] }] } }
            """);
        Assert.Equal("for one", (await proxy.GetAsync(origin)).Text);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await socket.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken);
        await using var other = new RawConnection(socket);
        await other.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nCache-Control: only-if-cached\r\n\r\n");
        Assert.Equal(403, (await other.ReadResponseAsync()).Status);
        Assert.Single(origin.Requests);
    }

    private static ScriptedOrigin Origin() => ScriptedOrigin.Start(x => x.Target switch
    {
        "/video" => x.ReplyAsync(x.Head.Has("Range") ? 206 : 200, "v", "Content-Type: video/mp4", "ETag: \"1\"", "Content-Range: bytes 0-0/9"),
        "/videos" => x.ReplyAsync(206, "--b--", "Content-Type: multipart/byteranges; boundary=b"),
        "/VIDEO" => x.ReplyAsync(200, "v", "Content-Type: VIDEO/MP4; a=b"),
        _ => x.ReplyAsync(200, "ok"),
    });

    private static string Outcome(ExchangeRecord record) =>
        record.Verdict.Denies ? record.Verdict.Rule! : record.Status == 200 ? new Uri(record.Url!).PathAndQuery : $"{record.Status}";

    private static string Get(string url, params string[] fields) => Ask("GET", url, fields);

    private static string Ask(string method, string url, params string[] fields) =>
        $"{method} {url} HTTP/1.1\r\n{string.Concat((fields.Length == 0 ? ["Host: ok.test"] : fields).Select(field => field + "\r\n"))}\r\n";

    private static string Post(string url, string framing, string rest) => $"POST {url} HTTP/1.1\r\nHost: ok.test\r\n{framing}\r\n\r\n{rest}";

    private static string Connect(string authority) => $"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n";
}
