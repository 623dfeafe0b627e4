using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.EndToEnd;

/// <summary>Users of the forward proxy (RFC 9110 s.11.7, RFC 7617).</summary>
public class LoginTests
{
    [Fact]
    public async Task Get_Is407AndTheSameConnectionRetries()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using (var client = await scene.Proxy.ConnectAsync())
        {
            await client.SendAsync(Get(origin));
            var refused = await client.ReadResponseAsync();
            Assert.Equal((407, "Proxy Authentication Required"), (refused.Status, refused.Head.StartLine[13..]));
            Assert.Equal("Basic realm=\"Lab\", charset=\"UTF-8\"", refused["Proxy-Authenticate"]);
            Assert.Equal("sluice; error=http_request_denied", refused["Proxy-Status"]);
            Assert.Equal("no-store", refused["Cache-Control"]);
            Assert.False(refused.Head.Has("Connection"));
            await client.SendAsync(Get(origin, LoginScene.As("anna")));
            Assert.Equal("page", (await client.ReadResponseAsync()).Text);
        }
        var records = await scene.Proxy.EndAsync(2);
        Assert.Equal((407, "deny", "login", null), (records[0].Status, records[0].Verdict.Outcome, records[0].Verdict.Rule, records[0].User));
        Assert.Equal((200, "allow", "anna"), (records[1].Status, records[1].Verdict.Outcome, records[1].User));
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task Connect_Is407AndTheSameConnectionRetries()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c => await c.SendAsync(await c.ReadSomeAsync()));
        await using var scene = await LoginScene.StartAsync();
        await using (var client = await scene.Proxy.ConnectAsync())
        {
            await client.SendAsync(Connect(origin));
            var refused = await client.ReadResponseAsync("CONNECT");
            Assert.Equal((407, BodyEnd.Length), (refused.Status, refused.End));
            Assert.True(refused.Head.Has("Proxy-Authenticate"));
            Assert.False(refused.Head.Has("Connection"));
            await client.SendAsync(Connect(origin, LoginScene.As("anna", "wrong")));
            Assert.Equal(407, (await client.ReadResponseAsync("CONNECT")).Status);
            await client.SendAsync(Connect(origin, LoginScene.As("anna")));
            Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
            await client.SendAsync("ping");
            Assert.Equal("ping", await client.ReadTextAsync(4));
        }
        Assert.Equal([null, null, "anna"], (await scene.Proxy.EndAsync(3)).Select(record => record.User));
        Assert.Equal(1, origin.Connections);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")]
    public async Task RefusedRequestWithABody_LeavesTheConnectionUsable(string framing, string body)
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}\r\n{body}");
        Assert.Equal(407, (await client.ReadResponseAsync()).Status);
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{LoginScene.As("anna")}{framing}\r\n{body}");
        Assert.Equal("page", (await client.ReadResponseAsync()).Text);
        Assert.Equal("hello", Assert.Single(origin.Requests).Text);
    }

    [Fact]
    public async Task PipelinedRequestBehindTheRefused_IsAnsweredToo()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync(Get(origin) + Get(origin, LoginScene.As("anna")) + Get(origin, LoginScene.As("ben")));
        Assert.Equal(407, (await client.ReadResponseAsync()).Status);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal([null, "anna", "ben"], (await scene.Proxy.EndAsync(3)).Select(record => record.User));
    }

    [Fact]
    public async Task Head_Is407WithoutABody()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync($"HEAD {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(407, (await client.ReadResponseAsync("HEAD")).Status);
        await client.SendAsync(Get(origin, LoginScene.As("ben")));
        Assert.Equal("page", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Refusal_IsProblemJsonForThoseWhoAskForIt()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var scene = await LoginScene.StartAsync();
        var refused = await scene.Proxy.GetAsync(origin, "/", "Accept: application/json");
        Assert.Equal((407, "application/problem+json"), (refused.Status, refused["Content-Type"]));
        Assert.Contains("\"rule\":\"login\"", refused.Text);
    }

    [Fact]
    public async Task ChangedPassword_EndsTheLoginOfAKeptConnection()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        foreach (var (password, status) in new[] { ("anna-pw", 200), ("anna-pw", 200), ("new", 407) })
            Assert.Equal(status, await StatusAsync(client, Get(origin, LoginScene.As("anna", password))));
        scene.Write(UserScene.Line("anna", "new"), UserScene.Line("ben"));
        foreach (var (password, status) in new[] { ("anna-pw", 407), ("new", 200), ("new", 200) })
            Assert.Equal(status, await StatusAsync(client, Get(origin, LoginScene.As("anna", password))));
        scene.Write(UserScene.Line("ben"));
        Assert.Equal(407, await StatusAsync(client, Get(origin, LoginScene.As("anna", "new"))));
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("ben"))));
    }

    [Fact]
    public async Task RemovedUser_LosesItsTunnel()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c => await c.SendAsync(await c.ReadSomeAsync()));
        await using var scene = await LoginScene.StartAsync();
        await using var tunnel = await scene.Proxy.ConnectAsync();
        await tunnel.SendAsync(Connect(origin, LoginScene.As("anna")));
        Assert.Equal(200, (await tunnel.ReadResponseAsync("CONNECT")).Status);
        var ben = File.ReadAllLines(scene.Passwords)[1];
        scene.Write(UserScene.Line("anna"), ben, UserScene.Line("carl"));
        await tunnel.WaitUntilGoneAsync();
        var record = Assert.Single(await scene.Proxy.EndAsync(1));
        Assert.Equal(("anna", "deny", "login"), (record.User, record.Verdict.Outcome, record.Verdict.Rule));
    }

    [Fact]
    public async Task Reload_KeepsLoginsAndTakesTheGroupsOfNow()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        Assert.Equal(403, await StatusAsync(client, Get(origin, LoginScene.As("anna"), "/play/")));
        var yaml = File.ReadAllText(scene.Configuration);
        await File.WriteAllTextAsync(scene.Configuration, yaml.Replace("staff: [anna]", "staff: [ben]", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Empty((await scene.Proxy.ReloadAsync()).Problems);
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("anna"), "/play/")));
        Assert.Equal(403, await StatusAsync(client, Get(origin, LoginScene.As("ben"), "/play/")));
        // A rule about a user whom the file has not is no configuration.
        await File.WriteAllTextAsync(scene.Configuration, yaml.Replace("users: [ben]", "users: [bem]", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains("did you mean 'ben'?", Assert.Single((await scene.Proxy.ReloadAsync()).Problems));
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("anna"), "/play/")));
    }

    [Theory]
    [InlineData("anna", "/staff/", 200)]
    [InlineData("anna", "/play/", 403)]
    [InlineData("ben", "/staff/", 403)]
    [InlineData("ben", "/play/", 200)]
    public async Task Rules_KnowUsersAndTheirGroups(string user, string path, int status)
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        Assert.Equal(status, (await scene.Proxy.AskAsync(Get(origin, LoginScene.As(user), path))).Status);
        var record = await scene.Proxy.OnlyRecordAsync();
        Assert.Equal(user, record.User);
        Assert.Equal(status == 200 ? null : user == "ben" ? "staff-only" : "not-all", record.Verdict.Rule);
    }

    [Fact]
    public async Task Guesses_AreLimitedWithoutAnAnswerToThem()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(407, await StatusAsync(client, Get(origin, LoginScene.As("anna", $"guess {i}"))));
        // The same again is none.
        Assert.Equal(407, await StatusAsync(client, Get(origin, LoginScene.As("anna", "guess 0"))));
        await client.SendAsync(Get(origin, LoginScene.As("anna")));
        var limited = await client.ReadResponseAsync();
        Assert.Equal((429, "Too Many Requests", "30"), (limited.Status, limited.Head.StartLine[13..], limited["Retry-After"]));
        Assert.False(limited.Head.Has("Proxy-Authenticate"));
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("ben"))));
        scene.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("anna"))));
        var records = await scene.Proxy.EndAsync(9);
        Assert.Equal((429, "deny", "login"), (records[6].Status, records[6].Verdict.Outcome, records[6].Verdict.Rule));
    }

    [Fact]
    public async Task MoreThanCanBeHashed_Are429()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var scene = await LoginScene.StartAsync(time: TimeProvider.System, cost: 12);
        var clients = new List<RawConnection>();
        var answers = new List<Task<RawResponse>>();
        for (var i = 0; i < 90; i++)
        {
            // Twenty of each address: else that is the limit.
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.1.{1 + i / 18}"), 0));
            await socket.ConnectAsync(scene.Proxy.EndPoint, TestContext.Current.CancellationToken);
            var client = new RawConnection(socket);
            clients.Add(client);
            await client.SendAsync(Get(origin, LoginScene.As($"user{i}")));
            answers.Add(client.ReadResponseAsync());
        }
        RawResponse answer;
        do
        {
            var first = await Task.WhenAny(answers);
            answers.Remove(first);
            answer = await first;
        }
        while (answer.Status != 429);
        Assert.True(int.Parse(answer["Retry-After"]!, System.Globalization.CultureInfo.InvariantCulture) >= 1);
        foreach (var client in clients)
            client.Reset();
        // Who still waits is nobody's any more.
        await Task.WhenAll(answers.Select(left => left.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    /// <summary>Not the password, not what it is sent as: in no request, record or log.</summary>
    [Fact]
    public async Task Credentials_GoNoFurther()
    {
        await using var origin = ScriptedOrigin.With("page", "Vary: Proxy-Authorization", "Cache-Control: max-age=60");
        await using var scene = await LoginScene.StartAsync();
        await using (var client = await scene.Proxy.ConnectAsync())
        {
            Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("anna"))));
            // Of a shared cache: the entry is not anna's.
            Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("ben"))));
            Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("ben") + "Connection: Proxy-Authorization\r\n", "/other")));
            await client.SendAsync($"TRACE {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nMax-Forwards: 0\r\n{LoginScene.As("anna")}\r\n");
            Assert.DoesNotContain("Proxy-Authorization", (await client.ReadResponseAsync()).Text);
            for (var i = 0; i < 6; i++)
                await StatusAsync(client, Get(origin, LoginScene.As("anna", $"anna-pw {i}")));
            await StatusAsync(client, Get(origin, LoginScene.As("anna-pw", "anna")));
            await StatusAsync(client, Get(origin, "Proxy-Authorization: Basic anna-pw\r\n"));
        }
        var records = await scene.Proxy.EndAsync(12);
        Assert.Equal(2, origin.Requests.Count);
        Assert.All(origin.Requests, request => Assert.False(request.Head.Has("Proxy-Authorization")));
        var written = scene.AccessLog + string.Join('\n', scene.Log.Lines) + string.Join('\n', records.Select(record => $"{record.User} {record.ErrorDetail} {record.Verdict}"));
        Assert.Contains("\"user_name\":\"anna\"", written);
        Assert.DoesNotContain("-pw", written);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("anna:anna-pw"))[..10], written);
    }

    [Fact]
    public async Task OtherListeners_AskNobody()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var scene = await LoginScene.StartAsync($$"""
            - { name: open, kind: forward, bind: 127.0.0.1:0 }
              - { name: front, kind: reverse, bind: 127.0.0.1:0, to: "http://{{origin.Authority}}" }
            """);
        await using (var open = await RawConnection.OpenAsync(scene.Proxy.EndPoints[1]))
            Assert.Equal(200, await StatusAsync(open, Get(origin, LoginScene.As("anna", "wrong"))));
        await using (var front = await RawConnection.OpenAsync(scene.Proxy.EndPoints[2]))
            Assert.Equal(200, await StatusAsync(front, $"GET /front HTTP/1.1\r\nHost: a.test\r\nAuthorization: {Passwords.Basic("anna", "wrong")}\r\n\r\n"));
        Assert.False(origin.Requests[0].Head.Has("Proxy-Authorization"));
        Assert.Equal(Passwords.Basic("anna", "wrong"), origin.Requests[1]["Authorization"]);
        Assert.All(await scene.Proxy.EndAsync(2), record => Assert.Null(record.User));
    }

    /// <summary>An origin's own 401 and its credentials are between it and the client.</summary>
    [Fact]
    public async Task Authorization_PassesBesideTheLogin()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(x.Head.Has("Authorization") ? 200 : 401, "", "WWW-Authenticate: Basic realm=\"origin\""));
        await using var scene = await LoginScene.StartAsync();
        await using var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync(Get(origin, LoginScene.As("anna")));
        var unauthorized = await client.ReadResponseAsync();
        Assert.Equal((401, "Basic realm=\"origin\""), (unauthorized.Status, unauthorized["WWW-Authenticate"]));
        Assert.Equal(200, await StatusAsync(client, Get(origin, LoginScene.As("anna") + "Authorization: Basic eDp5\r\n")));
        Assert.Equal("Basic eDp5", origin.Requests[1]["Authorization"]);
    }

    private static async Task<int> StatusAsync(RawConnection client, string request)
    {
        await client.SendAsync(request);
        return (await client.ReadResponseAsync()).Status;
    }

    private static string Get(ScriptedOrigin origin, string fields = "", string path = "/") =>
        $"GET {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n{fields}\r\n";

    private static string Connect(ScriptedOrigin origin, string fields = "") =>
        $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n{fields}\r\n";
}
