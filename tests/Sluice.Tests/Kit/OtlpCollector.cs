using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Tests.Kit;

/// <param name="Kind">2: server, 3: client, 1: internal.</param>
internal sealed record CollectedSpan(
    string TraceId, string SpanId, string Parent, string Name, int Kind, ulong Start, ulong End, IReadOnlyDictionary<string, object> Attributes, IReadOnlyList<(string TraceId, string SpanId)> Links, int Status);

internal sealed record CollectedLog(
    string TraceId, string SpanId, ulong Time, int Severity, string EventName, string Body, IReadOnlyDictionary<string, object> Attributes);

/// <param name="Value">Of a distribution, how many measurements there were.</param>
internal sealed record CollectedPoint(string Name, string Unit, IReadOnlyDictionary<string, object> Attributes, double Value);

/// <summary>A stand-in for an OpenTelemetry collector, over HTTP and over gRPC, with a status that the test chooses.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly SemaphoreSlim _news = new(0);

    private OtlpCollector(WebApplication application) => _application = application;

    public ConcurrentQueue<CollectedSpan> Spans { get; } = new();

    public ConcurrentQueue<CollectedLog> Logs { get; } = new();

    public ConcurrentQueue<CollectedPoint> Points { get; } = new();

    /// <summary>Of the process that sent it.</summary>
    public IReadOnlyDictionary<string, object> Resource { get; private set; } = new Dictionary<string, object>();

    /// <summary>The fields of the last request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; private set; } = new Dictionary<string, string>();

    public int Requests { get; private set; }

    public int Status { get; set; } = 200;

    /// <summary>Answers wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public string Url { get; private set; } = "";

    public string GrpcUrl { get; private set; } = "";

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, to => to.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, to => to.Protocols = HttpProtocols.Http2);
        });
        var application = builder.Build();
        var collector = new OtlpCollector(application);
        application.Run(collector.TakeAsync);
        await application.StartAsync();
        var urls = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (collector.Url, collector.GrpcUrl) = (urls[0], urls[1]);
        return collector;
    }

    /// <summary>Until what has come is as wanted.</summary>
    public async Task UntilAsync(Func<OtlpCollector, bool> isThere)
    {
        // Of all together: metrics are news each second.
        var began = Stopwatch.GetTimestamp();
        while (!isThere(this))
            Assert.True(await _news.WaitAsync(TimeSpan.FromSeconds(20)) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(40),
                $"{Spans.Count} spans, {Logs.Count} logs, {Points.Count} points in {Requests} requests");
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        Headers = context.Request.Headers.ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Requests++;
        await Gate;
        // Who is told that it was taken has been taken.
        var status = Status;
        var isGrpc = context.Request.Protocol == "HTTP/2";
        if (status == 200)
            Take(context.Request.Path, isGrpc ? Unframed(body.ToArray()) : body.ToArray());
        context.Response.StatusCode = status;
        if (isGrpc)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        _news.Release();
    }

    private static ReadOnlyMemory<byte> Unframed(byte[] body)
    {
        Assert.Equal((0, body.Length - 5), (body[0], BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1))));
        return body.AsMemory(5);
    }

    private void Take(string path, ReadOnlyMemory<byte> body)
    {
        foreach (var resource in new ProtobufReader(body).Messages(1))
        {
            Resource = resource.Messages(1).Single().Attributes(1);
            foreach (var item in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
                switch (path)
                {
                    case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                        Spans.Enqueue(new CollectedSpan(item.Hex(1), item.Hex(2), item.Hex(4), item.Text(5), (int)item.Number(6), item.Number(7), item.Number(8), item.Attributes(9),
                            [.. item.Messages(13).Select(link => (link.Hex(1), link.Hex(2)))], (int)(item.Messages(15).FirstOrDefault()?.Number(3) ?? 0)));
                        break;
                    case "/v1/logs" or "/opentelemetry.proto.collector.logs.v1.LogsService/Export":
                        Logs.Enqueue(new CollectedLog(item.Hex(9), item.Hex(10), item.Number(1), (int)item.Number(2), item.Text(12), item.Messages(5).FirstOrDefault()?.Text(1) ?? "", item.Attributes(6)));
                        break;
                    case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                        TakeMetric(item);
                        break;
                    default:
                        throw new InvalidDataException(path);
                }
        }
    }

    private void TakeMetric(ProtobufReader metric)
    {
        foreach (var numbers in new[] { 5, 7 }.SelectMany(metric.Messages))
            foreach (var point in numbers.Messages(1))
                Points.Enqueue(new CollectedPoint(metric.Text(1), metric.Text(3), point.Attributes(7),
                    point.Number(6) is > 0 and var whole ? (long)whole : BitConverter.UInt64BitsToDouble(point.Number(4))));
        foreach (var histogram in metric.Messages(9))
            foreach (var point in histogram.Messages(1))
                Points.Enqueue(new CollectedPoint(metric.Text(1), metric.Text(3), point.Attributes(9), point.Number(4)));
    }
}
