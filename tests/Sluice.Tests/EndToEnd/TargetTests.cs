using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Request targets and Host, right, doubtful and wrong (RFC 9112 s.3.2, RFC 9110 s.7.2).</summary>
public class TargetTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        // What it is, the request, the statuses that may answer.
        { "RFC 9112 s.3.2: HTTP/1.1 without Host", "GET http://{host}/ HTTP/1.1\r\n\r\n", "400" },
        { "two Hosts", "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n", "400" },
        { "NUL in Host", "GET http://{host}/ HTTP/1.1\r\nHost: a\0.b\r\n\r\n", "400" },
        { "RFC 9110 s.4.2.4: user information", "GET http://user:secret@{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "no target form", "GET ! HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "no slash before", "GET admin HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|405" },
        { "RFC 9112 s.3.2.4: asterisk is for OPTIONS", "GET * HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|405" },
        { "RFC 9112 s.3.2.3: authority is for CONNECT", "GET {host} HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|405" },
        { "dots without a slash", "GET ../../etc HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "no authority", "GET http:// HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "an empty authority", "GET http:///a HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "RFC 9110 s.4.2.1: no host before the port", "GET http://:80/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "a port too large", "GET http://127.0.0.1:99999/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "a negative port", "GET http://127.0.0.1:-1/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "another scheme: ftp", "GET ftp://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|501" },
        { "another scheme: urn", "GET urn:isbn:0 HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|405|501" },
        { "another scheme: gopher", "GET gopher://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|501" },
        { "another scheme: file", "GET file:///etc/passwd HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|501" },
        { "another scheme: cache_object", "GET cache_object://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400|501" },
        { "RFC 9110 s.9.3.6: CONNECT without port", "CONNECT 127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400" },
        { "CONNECT to port 0", "CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: 127.0.0.1:0\r\n\r\n", "400" },
        { "CONNECT to an empty port", "CONNECT 127.0.0.1: HTTP/1.1\r\nHost: 127.0.0.1:\r\n\r\n", "400" },
        { "CONNECT in absolute form", "CONNECT http://{host} HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "CONNECT in origin form", "CONNECT / HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "RFC 3986 s.3.5: a fragment is no part of a target", "GET http://{host}/a#b HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "a space in the target", "GET http://{host}/a b HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "a quote in the target", "GET http://{host}/a\"b HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "angle brackets in the target", "GET http://{host}/<a> HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "a raw octet over 0x7f in the target", "GET http://{host}/\xe9 HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "HTTP/1.32", "GET http://{host}/ HTTP/1.32\r\nHost: {host}\r\n\r\n", "400|505" },
        { "HTTP/2.0 in HTTP/1.1's clothes", "GET http://{host}/ HTTP/2.0\r\nHost: {host}\r\n\r\n", "400|505" },
        { "HTTP in lower case", "GET http://{host}/ http/1.1\r\nHost: {host}\r\n\r\n", "400|505" },
        { "a version of many digits", "GET http://{host}/ HTTP/4294967295.255\r\nHost: {host}\r\n\r\n", "400|505" },
        { "HTTP/0.9", "GET http://{host}/\r\n\r\n", "400|505" },
        { "RFC 9110 s.9.1: the method is a token", "GE(T http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "NUL in the method", "GE\0T http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "RFC 9110 s.7.6.2: Max-Forwards is 1*DIGIT", "OPTIONS http://{host}/ HTTP/1.1\r\nHost: {host}\r\nMax-Forwards: -1\r\n\r\n", "400" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task WrongTarget_IsRefusedAndNothingForwarded(string what, string request, string statuses)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(request.Replace("{host}", origin.Authority));
        var response = await client.ReadResponseAsync();
        Assert.True(statuses.Split('|').Contains($"{response.Status}"), $"{what}: {response.Status} instead of {statuses}");
        await client.ExpectClosedAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(response.Status, record.Status);
        Assert.NotNull(record.Error);
        Assert.Equal(0, origin.Heads);
    }

    [Fact]
    public async Task AbsoluteForm_DecidesOverHost()
    {
        // RFC 9112 s.3.2.2
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"GET {origin.Url("/a?b")} HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
        Assert.Equal(200, response.Status);
        Assert.Equal(origin.Authority, origin.Requests.Single()["Host"]);
        Assert.Equal("/a?b", origin.Requests.Single().Target);
    }

    [Fact]
    public async Task AbsoluteFormWithoutPath_AsksForTheRoot()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"GET http://{origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("/", origin.Requests.Single().Target);
    }

    [Theory]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("//a//b")]
    [InlineData("/a?q=%00&r=%2F")]
    [InlineData("/a;b=c,d'e!$&()*+")]
    public async Task PathAndQuery_AreForwardedAsSent(string path)
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, path);
        Assert.Equal(200, response.Status);
        Assert.Equal(path, origin.Requests.Single().Target);
    }

    [Theory]
    [InlineData(25)]
    [InlineData(22)]
    public async Task ConnectToADeniedPort_Is403(int port)
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        Assert.Equal(403, response.Status);
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal("connectPorts", record.Verdict.Rule);
        Assert.Null(record.Upstream);
    }

    [Fact]
    public async Task OwnListenerAsDestination_IsRefused()
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"GET {proxy.Url}/ HTTP/1.1\r\nHost: {proxy.EndPoint}\r\n\r\n");
        Assert.Equal(403, response.Status);
        Assert.Equal("destination_ip_prohibited", (await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task OwnNameInVia_IsALoop()
    {
        // RFC 9110 s.7.6.3
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var via = origin.Requests.Single()["Via"];
        var response = await proxy.GetAsync(origin, "/", "Via: " + via);
        Assert.Equal(502, response.Status);
        Assert.Single(origin.Requests);
        Assert.Equal("proxy_loop_detected", (await proxy.EndAsync(2))[1].Error);
    }

    [Fact]
    public async Task MaxForwards_IsCountedDownAndAnsweredAtZero()
    {
        // RFC 9110 s.7.6.2
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"OPTIONS {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nMax-Forwards: 5\r\n\r\n");
        Assert.Equal("4", origin.Requests.Single()["Max-Forwards"]);
        var response = await proxy.AskAsync($"OPTIONS {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nMax-Forwards: 0\r\n\r\n");
        Assert.InRange(response.Status, 200, 204);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task OptionsWithoutPath_BecomesAsterisk()
    {
        // RFC 9112 s.3.2.4
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"OPTIONS http://{origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("*", origin.Requests.Single().Target);
    }

    [Fact]
    public async Task UnknownMethod_IsForwarded()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"BREW {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 3\r\n\r\ntea");
        Assert.Equal(200, response.Status);
        Assert.Equal("BREW", origin.Requests.Single().Method);
        Assert.Equal("tea", origin.Requests.Single().Text);
    }
}
