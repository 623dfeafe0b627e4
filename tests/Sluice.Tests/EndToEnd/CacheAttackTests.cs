using System.Net;
using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What one client does to the cache so that another gets what was made for somebody else. Each test is an attack that
/// has worked somewhere: web cache deception, denial by cached errors, confusion of hosts and paths. Poisoning by fields that are
/// not in the key is in ReflectedFieldTests.</summary>
public class CacheAttackTests
{
    private const string Fresh = "Cache-Control: max-age=600";
    private const string LongAgo = "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT";

    [Fact]
    public async Task HostOfAnotherSiteThroughTheReverseListener_IsNotServedForwardAsThatSite()
    {
        await using var evil = ScriptedOrigin.With("poison", Fresh);
        await using var victim = ScriptedOrigin.With("genuine", Fresh);
        await using var proxy = await RunningProxy.OfAsync(TimeProvider.System, Cache, Forward, Reverse("evil", evil));
        Assert.Equal("poison", (await AskAsync(proxy, 1, $"GET / HTTP/1.1\r\nHost: {victim.Authority}\r\n\r\n")).Text);
        Assert.Equal("poison", (await AskAsync(proxy, 1, $"GET {victim.Url()} HTTP/1.1\r\nHost: {victim.Authority}\r\n\r\n")).Text);
        Assert.Equal("genuine", (await proxy.GetAsync(victim)).Text);
        // And the other way round.
        Assert.Equal("poison", (await AskAsync(proxy, 1, $"GET / HTTP/1.1\r\nHost: {victim.Authority}\r\n\r\n")).Text);
    }

    [Fact]
    public async Task TwoRoutesWithOneHost_HaveTheirOwnAnswers()
    {
        await using var one = ScriptedOrigin.With("one", Fresh);
        await using var two = ScriptedOrigin.With("two", Fresh);
        await using var proxy = await RunningProxy.OfAsync(TimeProvider.System, Cache, Reverse("one", one), Reverse("two", two));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("one", (await AskAsync(proxy, 0, "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")).Text);
            Assert.Equal("two", (await AskAsync(proxy, 1, "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")).Text);
        }
        Assert.Equal((1, 1), (one.Requests.Count, two.Requests.Count));
    }

    [Fact]
    public async Task AnswerFromAnAddressThatIsOursNow_IsNotServedToWhoMayNotDialIt()
    {
        using var folder = new TempFolder();
        var cache = Cache with { Disk = new DiskOptions { Path = folder.File("store"), SizeBytes = 64 << 20 } };
        int port;
        // An address of its own: no other test takes the port meanwhile.
        var address = IPAddress.Parse("127.0.0.251");
        await using (var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "old", Fresh), address))
        {
            port = origin.Port;
            await using var before = await RunningProxy.OfAsync(TimeProvider.System, cache, Forward);
            Assert.Equal("old", (await before.GetAsync(origin)).Text);
        }
        await using var behind = ScriptedOrigin.With("inner", Fresh);
        await using var proxy = await RunningProxy.OfAsync(TimeProvider.System, cache, Forward, Reverse("inner", behind) with { Bind = new(address, port) });
        while (proxy.Cache.Disk is { Loads: true })
            await Task.Yield();
        Assert.Equal(1, proxy.Cache.Disk!.Value.Entries);
        var response = await AskAsync(proxy, 0, $"GET http://{address}:{port}/ HTTP/1.1\r\nHost: {address}:{port}\r\n\r\n");
        Assert.True(response.Status >= 400 && response.Text != "old", $"{response.Status} {response.Text}");
        Assert.Equal(0, behind.Heads);
    }

    /// <summary>A page of one user's, asked for under a name that looks static (web cache deception); by what the origin says of it.</summary>
    [Theory]
    [MemberData(nameof(DeceptivePaths))]
    public async Task PageOfOneUserUnderAStaticName_IsNotAnothers(string path, string[] fields, bool reverse)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"account of {x.Head["Cookie"]}", fields));
        await using var proxy = await StartAsync(origin, reverse);
        Assert.Equal("account of u=a", (await AskAsync(proxy, origin, reverse, path, "Cookie: u=a")).Text);
        Assert.Equal("account of u=b", (await AskAsync(proxy, origin, reverse, path, "Cookie: u=b")).Text);
        Assert.Equal("account of ", (await AskAsync(proxy, origin, reverse, path)).Text);
    }

    public static TheoryData<string, string[], bool> DeceptivePaths()
    {
        var data = new TheoryData<string, string[], bool>();
        foreach (var path in (string[])["/account.css", "/account/x.js", "/account;x.css", "/account%2fx.css", "/account%00.css", "/account%23.css", "/account?.css", "/static/..%2faccount"])
            foreach (var fields in (string[][])[[], ["Cache-Control: private, max-age=60"], ["Cache-Control: no-store"], ["Cache-Control: max-age=60", "Vary: Cookie"], [LongAgo], ["Cache-Control: max-age=60", "Set-Cookie: x=y"]])
                data.Add(path, fields, path.Length % 2 == 0);
        return data;
    }

    [Fact]
    public async Task FragmentInTheTarget_IsRefused()
    {
        await using var origin = ScriptedOrigin.With("page", Fresh);
        await using var proxy = await StartAsync(origin, reverse: true);
        Assert.Equal(400, (await AskAsync(proxy, 0, "GET /account#.css HTTP/1.1\r\nHost: a.test\r\n\r\n")).Status);
        Assert.Equal(0, origin.Heads);
    }

    /// <summary>Some origins take method or path from a field: what the request line says is then not what was answered.</summary>
    [Theory]
    [InlineData("X-Original-URL: /admin")]
    [InlineData("X-Rewrite-URL: /admin")]
    [InlineData("X-HTTP-Method-Override: HEAD")]
    [InlineData("X-HTTP-Method: DELETE")]
    [InlineData("X-Method-Override: POST")]
    public async Task AnswerForAnotherMethodOrPath_IsNotStoredUnderThisOne(string field)
    {
        var (name, value) = (field.Split(": ")[0], field.Split(": ")[1]);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Head[name] ?? "page", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal(value, (await proxy.GetAsync(origin, "/", field)).Text);
        Assert.Equal("page", (await proxy.GetAsync(origin)).Text);
        // And a stored page does not swallow it.
        Assert.Equal(value, (await proxy.GetAsync(origin, "/", field)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodyOfAGet_ChangesNobodysAnswer(bool chunked)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"q={x.Request.Text}", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        var framing = chunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n" : "Content-Length: 4\r\n\r\nevil";
        Assert.Equal("q=evil", (await proxy.AskAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}")).Text);
        Assert.Equal("q=", (await proxy.GetAsync(origin)).Text);
    }

    /// <summary>Each spelling is answered as the origin answered that spelling: what it may tell apart is apart.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SpellingsOfAPath_AreNotMixed(bool reverse)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target, Fresh));
        await using var proxy = await StartAsync(origin, reverse);
        string[] spellings =
        [
            "/a/b", "/a//b", "//a/b", "/A/b", "/a%2Fb", "/a%2fb", "/a/./b", "/a/x/../b", "/a/%2e/b", "/a/b/", "/a/b?", "/a/b;", "/a/b;x", "/a/b%20", "/a/b%00",
            "/%61/b", "/a/b?q=1&q=2", "/a/b?q=2&q=1", "/a/b?q=1%26q=2", "/a/b?q=1;q=2", "/a/b?Q=1",
        ];
        foreach (var round in (string[])["first", "second"])
            foreach (var spelling in spellings)
            {
                var response = await AskAsync(proxy, origin, reverse, spelling);
                Assert.True(response.Status == 200 && response.Text == spelling, $"{round} {spelling}: {response.Status} {response.Text}");
            }
        Assert.Equal(spellings.Length, origin.Requests.Count);
    }

    /// <summary>Who asks for a host gets the answer for that host, however hosts are spelled and wherever they stand.</summary>
    [Fact]
    public async Task HostsThatLookAlike_AreNotMixed()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"for {x.Head["Host"]}", Fresh));
        await using var proxy = await StartAsync(origin, reverse: true);
        (string Target, string Host, string For)[] requests =
        [
            ("/", "good.test", "good.test"), ("/", "GOOD.test", "good.test"), ("/", "good.test:80", "good.test"), ("/", "good.test:8080", "good.test:8080"),
            ("/", "good.test.", "good.test."), ("/", "evil.test", "evil.test"), ("http://good.test/", "evil.test", "good.test"), ("http://evil.test/", "good.test", "evil.test"),
            ("http://EVIL.test:80/", "good.test", "evil.test"),
        ];
        for (var i = 0; i < 2; i++)
            foreach (var (target, host, asked) in requests)
            {
                var response = await AskAsync(proxy, 0, $"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
                Assert.True(response.Status == 200 && string.Equals(response.Text.Replace(":80", "", StringComparison.Ordinal).TrimEnd('.'), "for " + asked.Replace(":80", "", StringComparison.Ordinal).TrimEnd('.'), StringComparison.OrdinalIgnoreCase),
                    $"{target} {host}: {response.Status} {response.Text}");
            }
    }

    [Fact]
    public async Task AbsoluteTargetAgainstHost_CannotStoreUnderTheOtherHost()
    {
        await using var evil = ScriptedOrigin.With("poison", Fresh);
        await using var victim = ScriptedOrigin.With("genuine", Fresh);
        await using var proxy = await RunningProxy.ForwardAsync();
        // RFC 9112 s.3.2.2: the target's authority counts, Host is ignored.
        Assert.Equal("poison", (await proxy.AskAsync($"GET {evil.Url()} HTTP/1.1\r\nHost: {victim.Authority}\r\n\r\n")).Text);
        Assert.Equal(evil.Authority, evil.Requests[0]["Host"]);
        Assert.Equal("genuine", (await proxy.GetAsync(victim)).Text);
    }

    [Fact]
    public async Task AnswerToCredentials_NeitherReachesNorChangesWhatOthersGet()
    {
        await using var origin = ScriptedOrigin.Start(x => (x.Head["Authorization"], x.Head["If-None-Match"]) switch
        {
            (not null, not null) => x.ReplyAsync(304, "", "ETag: \"v\"", "X-User: a", Fresh),
            (not null, _) => x.ReplyAsync(200, "secret of a", "ETag: \"s\"", Fresh),
            (_, not null) => x.ReplyAsync(304, "", "ETag: \"v\"", "Cache-Control: max-age=0"),
            _ => x.ReplyAsync(200, "for all", "ETag: \"v\"", "Cache-Control: max-age=0"),
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("secret of a", (await proxy.GetAsync(origin, "/", "Authorization: Basic eDp5")).Text);
        Assert.Equal("for all", (await proxy.GetAsync(origin)).Text);
        // RFC 9111 s.3.5: a 304 to them changes the stored head for nobody.
        Assert.Equal("for all", (await proxy.GetAsync(origin, "/", "Authorization: Basic eDp5")).Text);
        var others = await proxy.GetAsync(origin);
        Assert.Equal("for all", others.Text);
        Assert.Null(others["X-User"]);
    }

    /// <summary>RFC 9111 has no rule on Cookie: the origin's word decides, and where it says nothing nothing is guessed.</summary>
    [Theory]
    [InlineData("says nothing", false)]
    [InlineData("a date only", false, LongAgo)]
    [InlineData("private", false, "Cache-Control: private, max-age=60")]
    [InlineData("Vary", false, "Cache-Control: max-age=60", "Vary: Cookie")]
    [InlineData("a cookie in the answer", false, "Cache-Control: public, max-age=60", "Set-Cookie: a=b")]
    [InlineData("its word: for all", true, "Cache-Control: max-age=60")]
    public async Task AnswerToACookie_IsForOthersOnlyWhereTheOriginSaysSo(string what, bool shared, params string[] fields)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"hello {x.Head["Cookie"]}", fields));
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin, "/", "Cookie: u=a");
        Assert.True((shared ? "hello u=a" : "hello u=b") == (await proxy.GetAsync(origin, "/", "Cookie: u=b")).Text, what);
    }

    /// <summary>A request that the origin refuses for what is not in the key: its error must not become everybody's (CPDoS).</summary>
    [Theory]
    [InlineData("oversized head", 400)]
    [InlineData("oversized head, and the origin says for how long", 431, Fresh)]
    [InlineData("oversized body", 413, Fresh)]
    [InlineData("an expectation", 417, Fresh)]
    [InlineData("rate", 429, Fresh)]
    [InlineData("a filter", 403)]
    [InlineData("a filter with a date", 403, LongAgo)]
    [InlineData("a crash", 500, LongAgo)]
    [InlineData("a method that is not allowed", 405)]
    [InlineData("not found, by its links", 404)]
    public async Task RefusalOfOneRequest_IsNotEverybodys(string what, int status, params string[] fields)
    {
        await using var origin = ScriptedOrigin.Start(x => x.Head.Has("X-Odd")
            ? x.ReplyAsync(status, "refused", fields) : x.ReplyAsync(200, "page", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal(status, (await proxy.GetAsync(origin, "/", "X-Odd: " + new string('x', 8000))).Status);
        Assert.True((await proxy.GetAsync(origin)).Text == "page", what);
    }

    [Fact]
    public async Task ControlCharactersInAField_AreRefusedBeforeTheOriginSeesThem()
    {
        await using var origin = ScriptedOrigin.With("page", Fresh);
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal(400, (await proxy.GetAsync(origin, "/", "X-Odd: a\u0007b")).Status);
        Assert.Equal(0, origin.Heads);
    }

    [Theory]
    [InlineData("Range: bytes=0-0", 206)]
    [InlineData("Range: bytes=99-", 416)]
    [InlineData("Range: bytes=x", 400)]
    [InlineData("If-Match: \"x\"", 412)]
    [InlineData("If-None-Match: \"x\"", 304)]
    public async Task AnswerToAPartOrACondition_IsNotTheWholeForOthers(string field, int status)
    {
        await using var origin = ScriptedOrigin.Start(x => x.Head.Has(field.Split(':')[0])
            ? x.ReplyAsync(status, "p", Fresh, "ETag: \"x\"", status == 206 ? "Content-Range: bytes 0-0/4" : "X: y") : x.ReplyAsync(200, "page", Fresh, "ETag: \"x\""));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal(status, (await proxy.GetAsync(origin, "/", field)).Status);
        var others = await proxy.GetAsync(origin);
        // A 400 that the origin gives a time belongs to its URI: only its word makes it so.
        Assert.Equal(status == 400 ? (400, "p") : (200, "page"), (others.Status, others.Text));
    }

    /// <summary>An origin, or who speaks in its connection, sends more than one answer: the second is nobody's.</summary>
    [Fact]
    public async Task AnswerBehindTheAnswer_IsNotTheNextOnes()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync(x.Target == "/a"
            ? $"HTTP/1.1 200 OK\r\n{Fresh}\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n{Fresh}\r\nContent-Length: 6\r\n\r\npoison"
            : $"HTTP/1.1 200 OK\r\n{Fresh}\r\nContent-Length: 4\r\n\r\npage"));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("a", (await proxy.GetAsync(origin, "/a")).Text);
        Assert.Equal("page", (await proxy.GetAsync(origin, "/b")).Text);
        Assert.Equal("page", (await proxy.GetAsync(origin, "/b")).Text);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\n")]
    [InlineData("Content-Length: 0\r\nContent-Length: 40\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n")]
    public async Task RequestOfUnclearEnd_ReachesNoOriginAndPoisonsNothing(string framing)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target, Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.True((await proxy.AskAsync($"GET {origin.Url("/a")} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}")).Status >= 400);
        Assert.Equal(0, origin.Heads);
        Assert.Equal("/a", (await proxy.GetAsync(origin, "/a")).Text);
    }

    private static CacheOptions Cache => new() { MemoryBytes = 16 << 20 };

    private static ListenerOptions Forward => new() { Name = "forward", Kind = ListenerKind.Forward, Bind = new(IPAddress.Loopback, 0) };

    private static ListenerOptions Reverse(string name, ScriptedOrigin to) => new()
    {
        Name = name, Kind = ListenerKind.Reverse, Bind = new(IPAddress.Loopback, 0), To = new HostPort(to.EndPoint.Address.ToString(), to.Port),
    };

    private static Task<RunningProxy> StartAsync(ScriptedOrigin origin, bool reverse) =>
        reverse ? RunningProxy.ReverseAsync(origin.EndPoint) : RunningProxy.ForwardAsync();

    private static Task<RawResponse> AskAsync(RunningProxy proxy, ScriptedOrigin origin, bool reverse, string path, params string[] fields) =>
        AskAsync(proxy, 0, $"GET {(reverse ? path : origin.Url(path))} HTTP/1.1\r\nHost: {origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");

    private static async Task<RawResponse> AskAsync(RunningProxy proxy, int listener, string request)
    {
        await using var client = await RawConnection.OpenAsync(proxy.EndPoints[listener]);
        await client.SendAsync(request);
        return await client.ReadResponseAsync(request.Split(' ')[0]);
    }
}
