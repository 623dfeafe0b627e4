using Sluice.Forwarding;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>
/// Requests whose framing is wrong, doubtful or too large. A proxy that reads them otherwise than the origin lets one
/// client speak in the name of the next (RFC 9112 s.11.2), so nothing of them may reach it.
/// </summary>
public class FramingTests
{
    /// <summary>The head's fields (and what follows them) behind <c>POST http://origin/ HTTP/1.1</c> and Host.</summary>
    public static TheoryData<string, string, string> Fields => new()
    {
        // What it is, the bytes behind Host's line, the statuses that may answer.
        { "RFC 9112 s.6.3(3): Content-Length beside Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400" },
        { "the same, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400" },
        { "RFC 9112 s.6.3(5): two different lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "400" },
        { "RFC 9110 s.8.6: a list of equal lengths may be refused", "Content-Length: 5, 5\r\n\r\nhello", "400" },
        { "two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400" },
        { "RFC 9110 s.8.6: 1*DIGIT, so no minus", "Content-Length: -48\r\n\r\nhello", "400" },
        { "no hexadecimal", "Content-Length: 0x10\r\n\r\nhello", "400" },
        { "no underscore", "Content-Length: 1_0\r\n\r\nhello", "400" },
        { "no letter", "Content-Length: 1Z\r\n\r\nhello", "400" },
        { "no nothing", "Content-Length: \r\n\r\n", "400" },
        { "2^63", "Content-Length: 9223372036854775808\r\n\r\n", "400|413" },
        { "2^64 + 5", "Content-Length: 18446744073709551621\r\n\r\nhello", "400|413" },
        { "RFC 9112 s.6.1: chunked once only", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "RFC 9112 s.6.3(4): chunked is not the last", "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "400|501" },
        { "only gzip", "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", "400|501" },
        { "a coding that nobody here knows before chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "identity is gone since RFC 7230", "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", "400|501" },
        { "an unknown coding", "Transfer-Encoding: blegh\r\n\r\n0\r\n\r\n", "400|501" },
        { "an empty element", "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "a quoted coding", "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "400|501" },
        { "a no-break space is no OWS", "Transfer-Encoding: \xa0" + "chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "a vertical tab neither", "Transfer-Encoding: \x0b" + "chunked\r\n\r\n0\r\n\r\n", "400|501" },
        { "a control character behind", "Transfer-Encoding: chunked\x01\r\n\r\n0\r\n\r\n", "400|501" },
        { "RFC 9112 s.5.1: no white space before the colon", "Content-Length : 5\r\n\r\nhello", "400" },
        { "no tab either", "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", "400" },
        { "RFC 9112 s.5.2: obs-fold", "X: a\r\n b\r\n\r\n", "400" },
        { "a name split by a line end", "Transfer-\r\nEncoding: chunked\r\n\r\n0\r\n\r\n", "400" },
        { "RFC 9112 s.2.2: a bare CR in a value", "X: a\rb\r\n\r\n", "400" },
        { "a bare CR in a name", "X\rY: a\r\n\r\n", "400" },
        { "RFC 9110 s.5.5: NUL in a value", "X: a\0b\r\n\r\n", "400" },
        { "NUL in a name", "X\0Y: a\r\n\r\n", "400" },
        { "a line without colon", "Nothing\r\n\r\n", "400" },
        { "an empty name", ": x\r\n\r\n", "400" },
        { "a colon alone", ":\r\n\r\n", "400" },
        { "RFC 9110 s.5.1: a name is a token", "X\x85: a\r\n\r\n", "400" },
        { "no parenthesis", "X(a): a\r\n\r\n", "400" },
        { "no slash", "X/a: a\r\n\r\n", "400" },
        { "no at sign", "X@a: a\r\n\r\n", "400" },
        { "no brace", "X{a}: a\r\n\r\n", "400" },
        { "RFC 9110 s.5.5: a control character in a value", "X: a\x01z\r\n\r\n", "400" },
        { "ESC", "X: a\x1bz\r\n\r\n", "400" },
        { "DEL", "X: a\x7fz\r\n\r\n", "400" },
        { "RFC 9112 s.2.2: a bare LF ends a line", "X: a\nY: b\r\n\r\n", "400" },
        { "a bare LF ends the head", "X: a\r\n\n", "400" },
        { "RFC 9110 s.10.1.1: an unknown expectation", "Expect: x\r\nContent-Length: 5\r\n\r\nhello", "417" },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task WrongHead_IsRefusedAndNothingForwarded(string what, string bytes, string statuses)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{bytes}");
        await ExpectRefusalAsync(what, origin, proxy, client, statuses);
    }

    public static TheoryData<string, string, string> Openings => new()
    {
        { "white space before the first field", "GET http://{host}/ HTTP/1.1\r\n Host: {host}\r\n\r\n", "400" },
        { "bare CRs in the request line", "GET http://{host}/ HTTP/\r\r1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "RFC 9112 s.6.1: Transfer-Encoding in HTTP/1.0", "POST http://{host}/ HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400" },
        { "NUL in the target", "GET http://{host}/a\0b HTTP/1.1\r\nHost: {host}\r\n\r\n", "400" },
        { "bare LF everywhere", "GET http://{host}/ HTTP/1.1\nHost: {host}\n\n", "400" },
        { "a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n", "400" },
        { "an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "400" },
        { "a SOCKS greeting", "\x05\x01\x00\r\n\r\n", "400" },
    };

    [Theory]
    [MemberData(nameof(Openings))]
    public async Task WrongOpening_IsRefusedAndNothingForwarded(string what, string bytes, string statuses)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(bytes.Replace("{host}", origin.Authority));
        await ExpectRefusalAsync(what, origin, proxy, client, statuses);
    }

    public static TheoryData<string, string> Chunks => new()
    {
        { "RFC 9112 s.7.1: chunk-size is 1*HEXDIG", "0x5\r\nhello\r\n0\r\n\r\n" },
        { "no sign", "-0x0\r\n\r\n" },
        { "no minus", "-5\r\nhello\r\n0\r\n\r\n" },
        { "no underscore", "0_5\r\nhello\r\n0\r\n\r\n" },
        { "no other letter", "Z\r\nhello\r\n0\r\n\r\n" },
        { "no leading space", "  5\r\nhello\r\n0\r\n\r\n" },
        { "no empty size", "\r\nhello\r\n0\r\n\r\n" },
        { "no overflow", "11111111111111111\r\nhello\r\n0\r\n\r\n" },
        { "no wrap to 5", "10000000000000005\r\nhello\r\n0\r\n\r\n" },
        { "a bare LF ends the size", "5\nhello\r\n0\r\n\r\n" },
        { "a bare LF ends the data", "5\r\nhello\n0\r\n\r\n" },
        { "a bare CR in an extension", "5\r\r;ABCD\r\nhello\r\n0\r\n\r\n" },
        { "a bare LF in an extension", "5;\nxx\r\nhello\r\n0\r\n\r\n" },
        { "data without CRLF behind", "5\r\nhello0\r\n\r\n" },
        { "data longer than its size", "5\r\nhello!\r\n0\r\n\r\n" },
        { "a CRLF too many", "5\r\nhello\r\n\r\n0\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Chunks))]
    public async Task WrongChunk_IsRefusedAndTheOriginSeesNoWholeRequest(string what, string chunks)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        var response = await client.ReadResponseAsync();
        Assert.True(response.Status == 400, $"{what}: {response.Status}");
        await client.ExpectClosedAsync();
        Assert.Equal(400, (await proxy.OnlyRecordAsync()).Status);
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task ChunkThatNeverEnds_IsNotForwardedAsWhole()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n11111113\r\nhello");
        client.HalfClose();
        await client.WaitUntilGoneAsync();
        await proxy.OnlyRecordAsync();
        Assert.Empty(origin.Requests);
    }

    [Theory]
    [InlineData("one extension of 1 MiB")]
    [InlineData("100,000 small extensions")]
    public async Task ChunkExtensions_AreIgnoredOrRefused(string what)
    {
        // RFC 9112 s.7.1.1: ignored where unknown, and bounded; never sent on.
        var extensions = what.StartsWith("one", StringComparison.Ordinal) ? ";" + new string('a', 1 << 20) : string.Concat(Enumerable.Repeat(";a=b", 100_000));
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        var sending = client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n5{extensions}\r\nhello\r\n0\r\n\r\n");
        var response = await client.ReadResponseAsync();
        await Record.ExceptionAsync(() => sending);
        Assert.Contains(response.Status, new[] { 200, 400, 413 });
        Assert.Equal(response.Status, (await proxy.OnlyRecordAsync()).Status);
        Assert.All(origin.Requests, r => Assert.Equal("hello", r.Text));
        Assert.All(origin.Requests, r => Assert.True(r.Raw.Length < 1000));
    }

    [Fact]
    public async Task LengthWithLeadingZeros_IsSentOnInItsShortForm()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 010\r\n\r\n0123456789");
        Assert.Equal(200, response.Status);
        Assert.Equal("10", origin.Requests.Single()["Content-Length"]);
        Assert.Equal("0123456789", origin.Requests.Single().Text);
    }

    [Fact]
    public async Task LengthWithAPlus_IsRefusedOrSentOnInItsShortForm()
    {
        // RFC 9110 s.8.6 has no sign, but the server takes one and says the number: then it must be one number for all.
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: +5\r\n\r\nhello");
        if (response.Status == 400)
            return;
        Assert.Equal("5", origin.Requests.Single()["Content-Length"]);
        Assert.Equal("hello", origin.Requests.Single().Text);
    }

    [Fact]
    public async Task ObsText_PassesUnchangedBothWays()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok", "X-Back: \xa0\xe9\x85"));
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, "/", "X-User: \x85" + "admin\xa0");
        Assert.Equal("\x85" + "admin\xa0", origin.Requests.Single()["X-User"]);
        Assert.Equal("\xa0\xe9\x85", response["X-Back"]);
    }

    [Fact]
    public async Task EmptyLinesBeforeTheRequest_AreIgnored()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"\r\nGET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task GetWithABody_KeepsItsBody()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 5\r\n\r\nhello");
        Assert.Equal(200, response.Status);
        Assert.Equal("hello", origin.Requests.Single().Text);
    }

    [Fact]
    public async Task BytesBehindTheLastRequest_AreNotForwarded()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: close\r\n\r\nGET {origin.Url("/2")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        await client.WaitUntilGoneAsync();
        await proxy.OnlyRecordAsync();
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task MalformedRequestInAPipeline_EndsItAfterTheAnswersBefore()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(
            $"GET {origin.Url("/1")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n"
            + $"GET {origin.Url("/2")} HTTP/1.1\r\nHost: {origin.Authority}\r\nX : y\r\n\r\n"
            + $"GET {origin.Url("/3")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("/1", (await client.ReadResponseAsync()).Text);
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        await client.ExpectClosedAsync();
        var records = await proxy.EndAsync(2);
        Assert.Equal([200, 400], records.Select(r => r.Status));
        Assert.Equal("/1", origin.Requests.Single().Target);
    }

    [Fact]
    public async Task PipelineOfManyRequests_IsAnsweredInOrder()
    {
        const int count = 300;
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        var sending = client.SendAsync(string.Concat(Enumerable.Range(0, count).Select(i => $"GET {origin.Url($"/{i}")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n")));
        for (var i = 0; i < count; i++)
            Assert.Equal($"/{i}", (await client.ReadResponseAsync()).Text);
        await sending;
        await proxy.EndAsync(count);
    }

    public static TheoryData<string, string, int> TooLarge => new()
    {
        { "RFC 6585 s.5: a head of 64 KiB", "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nX: " + new string('a', 64 << 10) + "\r\n\r\n", 431 },
        { "10,000 fields", "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 10_000)) + "\r\n", 431 },
        { "300 fields", "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 300)) + "\r\n", 431 },
        { "RFC 9112 s.3: a request line of 10 KiB", "GET http://{host}/" + new string('a', 10 << 10) + " HTTP/1.1\r\nHost: {host}\r\n\r\n", 414 },
    };

    [Theory]
    [MemberData(nameof(TooLarge))]
    public async Task HeadTooLarge_IsRefused(string what, string bytes, int status)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        var sending = client.SendAsync(bytes.Replace("{host}", origin.Authority));
        await ExpectRefusalAsync(what, origin, proxy, client, status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await Record.ExceptionAsync(() => sending);
    }

    [Theory]
    [InlineData("Content-Length: 2000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7d0\r\n")]
    public async Task BodyTooLarge_IsRefused(string framing)
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { MaxBodyBytes = 1000 });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}{new string('x', 2000)}");
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
        Assert.Equal(413, (await proxy.OnlyRecordAsync()).Status);
        Assert.Empty(origin.Requests);
    }

    private static async Task ExpectRefusalAsync(string what, ScriptedOrigin origin, RunningProxy proxy, RawConnection client, string statuses)
    {
        var response = await client.ReadResponseAsync();
        Assert.True(statuses.Split('|').Contains($"{response.Status}"), $"{what}: {response.Status} instead of {statuses}");
        await client.ExpectClosedAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(response.Status, record.Status);
        Assert.NotNull(record.Error);
        Assert.Equal(0, origin.Heads);
    }
}
