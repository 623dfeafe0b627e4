using System.Globalization;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>One exchange as a collector sees it: log, metrics and trace.</summary>
public class TelemetryTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Client = "b7ad6b7169203331";

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task OneExchange_GivesLogMetricsAndTraceThatFitTogether(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        var trace = Guid.NewGuid().ToString("N");
        IReadOnlyList<ExchangeRecord> records;
        await using (var proxy = await StartAsync(protocol == "grpc" ? collector.GrpcUrl : collector.Url, $"protocol: {protocol}, headers: {{ X-Token: open-sesame }}"))
        {
            var response = await proxy.GetAsync(origin, "/a?b=c", $"traceparent: 00-{trace}-{Client}-01", "tracestate: vendor=1");
            Assert.Equal(200, response.Status);
            // The end has little patience with a collector.
            await collector.UntilAsync(c => c.Spans.Count(span => span.TraceId == trace) >= 7 && !c.Logs.IsEmpty && c.Points.Any(point => point.Name == "http.server.request.duration"));
            records = await proxy.EndAsync(1);
        }
        Assert.Equal("open-sesame", collector.Headers["X-Token"]);
        Assert.Equal("sluice", collector.Resource["service.name"]);

        var spans = collector.Spans.Where(span => span.TraceId == trace).ToList();
        var exchange = Assert.Single(spans, span => span.Kind == 2);
        Assert.Equal((Client, "GET", 0), (exchange.Parent, exchange.Name, exchange.Status));
        Assert.Equal((200L, "/a", "b=c", "http"), (exchange.Attributes["http.response.status_code"], exchange.Attributes["url.path"], exchange.Attributes["url.query"], exchange.Attributes["url.scheme"]));
        Assert.Equal(["connect", "deliver", "judge", "judge reply", "lookup"], spans.Where(span => span.Kind == 1).Select(span => span.Name).Order());
        var fetch = Assert.Single(spans, span => span.Kind == 3);
        Assert.Equal((exchange.SpanId, "GET", (long)origin.Port), (fetch.Parent, fetch.Name, fetch.Attributes["server.port"]));
        Assert.All(spans, span =>
        {
            Assert.True(exchange.Start <= span.Start && span.Start <= span.End && span.End <= exchange.End, $"{span.Name}: {span.Start} to {span.End} in {exchange.Start} to {exchange.End}");
            Assert.Equal(span.Name == "connect" ? fetch.SpanId : span == exchange ? Client : exchange.SpanId, span.Parent);
        });

        // What the origin got names the span that asked it.
        Assert.Equal($"00-{trace}-{fetch.SpanId}-01", origin.Requests[0]["traceparent"]);
        Assert.Equal("vendor=1", origin.Requests[0]["tracestate"]);

        var log = Assert.Single(collector.Logs);
        Assert.Equal((trace, exchange.SpanId, 9, "sluice.exchange"), (log.TraceId, log.SpanId, log.Severity, log.EventName));
        Assert.Equal((origin.Url("/a?b=c"), 200L), (log.Attributes["url.full"], log.Attributes["http.response.status_code"]));
        Assert.DoesNotContain("trace_id", log.Attributes.Keys);
        Assert.Equal((trace, exchange.SpanId), (records[0].Trace!.TraceId, records[0].Trace!.SpanId));
        Assert.Equal(exchange.Start / 1_000_000, log.Time / 1_000_000);

        var point = collector.Points.Last(point => point.Name == "http.server.request.duration");
        Assert.Equal(("s", 1), (point.Unit, point.Value));
        Assert.Equal(["http.request.method: GET", "http.response.status_code: 200", "sluice.listener: f", "url.scheme: http"], point.Attributes.Select(a => $"{a.Key}: {a.Value}").Order());
    }

    [Fact]
    public async Task ConnectionOfHttp2_IsInTheTraceOfTheRequestThatItWasMadeFor()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var origin = await Http2Origin.StartAsync(x => Task.CompletedTask);
        await using (var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: reverse, bind: 127.0.0.1:0, name: r, to: "http://127.0.0.1:{{origin.Port}}", upstream: { http2: true } }]
            otlp: { to: {{collector.Url}}, interval: 1s }
            """))
        {
            for (var i = 0; i < 2; i++)
                Assert.Equal(200, (await proxy.AskAsync($"GET /{i} HTTP/1.1\r\nHost: app.example\r\n\r\n")).Status);
            // The end has little patience with a collector.
            await collector.UntilAsync(c => c.Spans.Count(span => span.Kind == 2) == 2);
            await proxy.EndAsync(2);
        }
        var connect = Assert.Single(collector.Spans, span => span.Name == "connect");
        var exchange = Assert.Single(collector.Spans, span => span.Kind == 2 && span.Attributes["url.path"] is "/0");
        var fetch = Assert.Single(collector.Spans, span => span.Kind == 3 && span.Parent == exchange.SpanId);
        Assert.Equal(fetch.SpanId, connect.Parent);
        Assert.True(fetch.Start <= connect.Start && connect.Start < connect.End && connect.End <= fetch.End, $"{connect.Start} to {connect.End} in {fetch.Start} to {fetch.End}");
    }

    // What the client says, whether it is traced, and what the origin gets: the client's own, that of a new trace, or nothing.
    [Theory]
    [InlineData("traces: true", $"00-{Trace}-{Client}-01", true, "ours")]
    [InlineData("traces: 0", $"00-{Trace}-{Client}-01", false, "same")]
    [InlineData("traces: false", null, false, "none")]
    [InlineData("traces: true", $"00-{Trace}-{Client}-00", false, "same")]
    [InlineData("traces: true", null, true, "new")]
    [InlineData("traces: true", $"00-{Trace}-0000000000000000-01", true, "new")]
    [InlineData("traces: true", $"ff-{Trace}-{Client}-01", true, "new")]
    public async Task ParentOfTheClient_IsHeeded(string traces, string? parent, bool isTraced, string sent)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        await using var proxy = await StartAsync(collector.Url, traces);
        await proxy.GetAsync(origin, "/", [.. parent is null ? [] : new[] { $"traceparent: {parent}", "tracestate: a=b" }]);
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(isTraced, record.Trace is not null);
        var got = origin.Requests[0]["traceparent"];
        Assert.Equal(sent, got is null ? "none" : got == parent ? "same" : got.StartsWith($"00-{Trace}-", StringComparison.Ordinal) ? "ours" : "new");
        Assert.Equal(sent is "same" or "ours" ? "a=b" : null, origin.Requests[0]["tracestate"]);
    }

    [Fact]
    public async Task Off_IsOff()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin, "/", $"traceparent: not one", "tracestate: a=b");
        Assert.Null((await proxy.OnlyRecordAsync()).Trace);
        Assert.Equal("not one", origin.Requests[0]["traceparent"]);
    }

    [Fact]
    public async Task WhoWaitsForAnothersFetch_IsLinkedToIt()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await go.Task;
            await x.ReplyAsync(200, "ok", "Cache-Control: max-age=60");
        });
        await using (var proxy = await StartAsync(collector.Url, ""))
        {
            var clients = await SharedFetchScene.AskAsync(proxy, origin, 2);
            await SharedFetchScene.AllWaitAsync(proxy, origin, 2);
            go.SetResult();
            foreach (var client in clients)
                Assert.Equal(200, (await client.ReadResponseAsync("GET")).Status);
            await SharedFetchScene.EndAsync(clients);
            await proxy.RecordsAsync(2);
            // The end has little patience with a collector.
            await collector.UntilAsync(c => c.Spans.Any(span => span.Kind == 3) && c.Spans.Any(span => span.Name == "wait"));
            await proxy.EndAsync(2);
        }
        var fetch = Assert.Single(collector.Spans, span => span.Kind == 3 && span.Attributes["url.full"] is string url && url == origin.Url());
        var wait = Assert.Single(collector.Spans, span => span.Name == "wait" && span.Links.Contains((fetch.TraceId, fetch.SpanId)));
        Assert.NotEqual(fetch.TraceId, wait.TraceId);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(400)]
    public async Task CollectorThatRefuses_DisturbsNoTraffic_AndTheLossIsCounted(int status)
    {
        await using var collector = await OtlpCollector.StartAsync();
        collector.Status = status;
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        await using var proxy = await StartAsync(collector.Url, "");
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        await collector.UntilAsync(c => c.Requests > 0 && LogsOf(proxy).Failures > 0);
        Assert.Equal($"it answers {status}", LogsOf(proxy).Failing);
        // For good: it is not asked again; else what waits gets through.
        if (status == 400)
            await collector.UntilAsync(_ => LogsOf(proxy).Dropped == 3);
        else
        {
            collector.Status = 200;
            await collector.UntilAsync(c => c.Logs.Count == 3);
        }
    }

    [Fact]
    public async Task CollectorThatIsNotThere_OrNeverAnswers_DelaysNoEnd()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        collector.Gate = gate.Task;
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        foreach (var url in new[] { "http://127.0.0.1:1", collector.Url })
        {
            await using var proxy = await StartAsync(url, "");
            Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
            // Fails where it takes more than 20 seconds.
            Assert.Single(await proxy.EndAsync(1));
        }
        gate.SetResult();
    }

    private static OutputState LogsOf(RunningProxy proxy) => proxy.Outputs[0];

    private static Task<RunningProxy> StartAsync(string to, string more) => RunningProxy.OfFileAsync(string.Create(CultureInfo.InvariantCulture, $$"""
        listeners: [{ kind: forward, bind: 127.0.0.1:0, name: f }]
        otlp: { to: {{to}}, interval: 1s{{(more.Length > 0 ? ", " + more : "")}} }
        """));
}
