using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>HTTP/2 to an origin: what goes up and what comes back, and on whose connection.</summary>
public class Http2Tests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a?b=c")]
    [InlineData("/a/../b/./c//d")]
    [InlineData("//a")]
    [InlineData("/%7e%2F%41%zz?%7E")]
    [InlineData("/?")]
    [InlineData("/a?b?c=/../d")]
    public async Task Target_GoesUpAsItIs(string target)
    {
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync(x.Features.Get<IHttpRequestFeature>()!.RawTarget));
        using var asking = new Asking();
        Assert.Equal(target, (await asking.WholeAsync(Http2Asking.Request(origin.Port, target: target))).Body);
    }

    [Fact]
    public async Task Request_IsTheFieldsThatWereGivenAndNoOthers()
    {
        var seen = new List<string>();
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            seen.Add($"{x.Request.Method} {x.Request.Scheme} {x.Request.Protocol} {await new StreamReader(x.Request.Body, Encoding.Latin1).ReadToEndAsync()}");
            seen.AddRange(x.Request.Headers.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}: {h.Value}"));
        });
        using var asking = new Asking();
        var request = Http2Asking.Request(origin.Port, "PATCH", body: Asking.Text("content"), takesTrailers: true, fields:
        [
            new("Content-Type", "text/plain"), new("X-Name", "J\u00fcrgen"), new("Cookie", "a=1"), new("Cookie", "b=2"),
            new("Accept", "a/b"), new("Accept", "c/d"), new("Via", "1.1 us"), new("Range", "items=x"), new("Date", "yesterday"),
        ]);
        Assert.Equal(200, (await asking.WholeAsync(request)).Status);
        Assert.Equal(
        [
            "PATCH http HTTP/2 content", "Accept: a/b, c/d", "Content-Length: 7", "Content-Type: text/plain", "Cookie: a=1; b=2",
            "Date: yesterday", "Host: app.example", "Range: items=x", "TE: trailers", "Via: 1.1 us", "x-name: J\u00fcrgen",
        ], seen);
    }

    [Theory]
    [InlineData("GET", "Content-Type", "a/b")]
    [InlineData("DELETE", "Last-Modified", "never")]
    public async Task FieldsOfContentThatIsNone_GoUpAllTheSame(string method, string name, string value)
    {
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync($"{x.Request.Headers[name]} {x.Request.Headers.ContentLength}"));
        using var asking = new Asking();
        Assert.Equal($"{value} ", (await asking.WholeAsync(Http2Asking.Request(origin.Port, method, fields: [new(name, value)]))).Body);
    }

    [Fact]
    public async Task Answer_ComesAsItIs()
    {
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            x.Response.StatusCode = 299;
            x.Response.Headers["X-Name"] = "J\u00fcrgen";
            x.Response.Headers.SetCookie = new StringValues(["a=1; Path=/", "b=2"]);
            x.Response.Headers.ContentEncoding = "gzip";
            x.Response.Headers.Expires = "0";
            await x.Response.WriteAsync("no gzip at all");
            x.Response.AppendTrailer("X-Sum", "7");
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port)).Within();
        Assert.Equal((ForwardError.None, 299, ProtocolVersion.Http2), (reply.Error, reply.Head.Status, reply.Head.Version));
        Assert.Equal(BodyKind.Chunked, reply.BodyLength.Kind);
        var fields = reply.Head.Fields;
        Assert.Equal("J\u00fcrgen", fields.Get("X-Name"));
        Assert.Equal(["a=1; Path=/", "b=2"], fields.Where(f => f.Name == "Set-Cookie").Select(f => f.Value));
        Assert.Equal(("gzip", "0"), (fields.Get("Content-Encoding"), fields.Get("Expires")));
        Assert.Equal("no gzip at all", await Asking.ReadAsync(reply));
        Assert.Equal(ForwardError.None, reply.Error);
        Assert.Equal([new Field("x-sum", "7")], reply.Trailers!);
    }

    [Fact]
    public async Task RedirectAndCookie_AreTheClientsBusiness()
    {
        await using var origin = await Http2Origin.StartAsync(x =>
        {
            x.Response.Headers.SetCookie = "a=1";
            x.Response.Redirect("/elsewhere");
            return x.Response.WriteAsync($"{x.Request.Path}{x.Request.Headers.Cookie}");
        });
        using var asking = new Asking();
        for (var i = 0; i < 2; i++)
        {
            var answer = await asking.WholeAsync(Http2Asking.Request(origin.Port, target: "/here"));
            Assert.Equal((302, "/here"), (answer.Status, answer.Body));
        }
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task AnswerWithoutBody_Ends(string method, int status)
    {
        await using var origin = await Http2Origin.StartAsync(x =>
        {
            x.Response.StatusCode = status;
            if (method == "HEAD")
                x.Response.ContentLength = 5;
            return Task.CompletedTask;
        });
        using var asking = new Asking();
        for (var i = 0; i < 3; i++)
            Assert.Equal(new Answer(status, "", ForwardError.None, null), await asking.WholeAsync(Http2Asking.Request(origin.Port, method)));
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task RequestsAtOnce_ShareAConnection()
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            if (Interlocked.Increment(ref count) == 9)
                all.SetResult();
            await all.Task;
            await x.Response.WriteAsync(x.Request.Path);
        });
        using var asking = new Asking();
        count = 1;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => asking.WholeAsync(Http2Asking.Request(origin.Port, target: $"/{i}")))).Within();
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"/{i}"), answers.Select(a => a.Body));
        // The library may dial a second one before it knows how many requests the first one takes.
        Assert.InRange(origin.Connections, 1, 2);
    }

    [Fact]
    public async Task ConnectionOfOthersRules_IsNotUsed()
    {
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync("ok"));
        using var asking = new Asking();
        Assert.Equal("ok", (await asking.WholeAsync(Http2Asking.Request(origin.Port))).Body);
        var rules = new AddressRules([new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, origin.Port)], []);
        var refused = await asking.WholeAsync(Http2Asking.Request(origin.Port, addresses: rules));
        Assert.Equal(ForwardError.AddressProhibited, refused.Error);
        Assert.Equal("ok", (await asking.WholeAsync(Http2Asking.Request(origin.Port))).Body);
        Assert.Equal(1, origin.Connections);
    }

    // The library would make of them what they are not.
    [Theory]
    [InlineData("get", "/")]
    [InlineData("OPTIONS", "*")]
    public async Task WhatWouldGoUpAsAnother_IsRefused(string method, string target)
    {
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync("never"));
        using var asking = new Asking();
        Assert.Equal(ForwardError.NotOverHttp2, (await asking.WholeAsync(Http2Asking.Request(origin.Port, method, target))).Error);
        Assert.Equal(0, origin.Connections);
    }
}
