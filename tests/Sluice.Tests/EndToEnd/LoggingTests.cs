using Sluice.Forwarding;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Exactly one record for every exchange, whatever became of it.</summary>
public class LoggingTests
{
    [Fact]
    public async Task Exchange_IsRecordedWhole()
    {
        await using var origin = ScriptedOrigin.With("hello", "Content-Type: text/plain", "Cache-Control: no-store");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"POST {origin.Url("/a?b")} HTTP/1.1\r\nHost: {origin.Authority}\r\nUser-Agent: tests\r\nReferer: http://r.example/\r\nContent-Length: 3\r\n\r\nabc");
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(RecordKind.Http, record.Kind);
        Assert.Equal(("POST", origin.Url("/a?b"), 200), (record.Method, record.Url, record.Status));
        Assert.Equal((3, 5), (record.RequestBytes, record.ResponseBytes));
        Assert.Equal(("tests", "http://r.example/", "text/plain"), (record.UserAgent, record.Referer, record.ContentType));
        Assert.Equal(origin.EndPoint, record.Upstream);
        Assert.Equal("test", record.Listener);
        Assert.Equal(System.Net.IPAddress.Loopback, record.Client!.Address);
        Assert.False(record.Verdict.Denies);
        Assert.Null(record.Error);
        Assert.False(record.ClientGone);
        Assert.True(record.Duration >= record.TimeToFirstByte && record.TimeToFirstByte > TimeSpan.Zero);
    }

    [Fact]
    public async Task DeniedExchange_IsRecordedWithItsRule()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Deny("127.0.0.1"));
        await proxy.GetAsync(origin);
        var record = await proxy.OnlyRecordAsync();
        Assert.True(record.Verdict.Denies);
        Assert.Equal("no", record.Verdict.Rule);
        Assert.Equal(403, record.Status);
        Assert.Null(record.Upstream);
    }

    [Fact]
    public async Task RefusedBytes_AreRecorded()
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync("GET http://a.example/ HTTP/1.1\r\nHost : a\r\n\r\n");
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(400, record.Status);
        Assert.Equal("http_request_error", record.Error);
        Assert.Equal("GET", record.Method);
    }

    [Fact]
    public async Task ConnectionWithoutARequest_IsNoExchange()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using (await proxy.ConnectAsync())
        {
        }
        await proxy.GetAsync(origin);
        Assert.Equal(200, (await proxy.OnlyRecordAsync()).Status);
    }

    [Fact]
    public async Task PasswordInATarget_IsNowhere()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"GET http://user:secret@{origin.Authority}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var record = await proxy.OnlyRecordAsync();
        Assert.DoesNotContain("secret", record.ErrorDetail ?? "");
        // The formats strip what is left in the URL; here it is held that they are given nothing else to show.
        Assert.DoesNotContain("secret", record.Referer ?? "");
    }

    [Fact]
    public async Task EveryKindOfEnd_IsOneRecordEach()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            switch (x.Target)
            {
                case "/ok":
                    await x.ReplyAsync(200, "ok");
                    break;
                case "/break":
                    await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    await x.CloseAsync();
                    break;
                case "/reset":
                    x.Reset();
                    break;
                default:
                    await x.WaitUntilGoneAsync();
                    break;
            }
        });
        var time = new ManualTime();
        await using var proxy = await RunningProxy.ForwardAsync(time: time);
        await proxy.GetAsync(origin, "/ok");
        await Record.ExceptionAsync(async () => _ = await proxy.GetAsync(origin, "/break"));
        Assert.Equal(502, (await proxy.GetAsync(origin, "/reset")).Status);
        var silent = proxy.GetAsync(origin, "/silent");
        await time.AdvanceUntilAsync(silent, TimeSpan.FromSeconds(1), pause: 5);
        Assert.Equal(504, (await silent).Status);
        await proxy.AskAsync("nonsense\r\n\r\n");
        await proxy.AskAsync("CONNECT 127.0.0.1:25 HTTP/1.1\r\nHost: 127.0.0.1:25\r\n\r\n");
        var records = await proxy.EndAsync(6);
        Assert.Equal(4, records.Count(r => r.Error is not null));
        Assert.Equal("connectPorts", Assert.Single(records, r => r.Verdict.Denies).Verdict.Rule);
        Assert.Equal(records.Count, records.Select(r => r.Number).Distinct().Count());
    }

    [Fact]
    public async Task TunnelThatIsOpenAtTheEnd_IsRecordedToo()
    {
        await using var origin = ScriptedOrigin.StartRaw(c => c.WaitUntilGoneAsync());
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadResponseAsync("CONNECT");
        await proxy.DisposeAsync();
        Assert.Equal(RecordKind.Connect, Assert.Single(proxy.Records).Kind);
    }

    private static PolicyOptions Deny(string host) => new()
    {
        Name = "p", DefaultAllows = true, Rules = [new RuleOptions { Id = "no", Action = RuleAction.Deny, Hosts = [host] }],
    };
}
