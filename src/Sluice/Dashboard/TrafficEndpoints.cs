using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/traffic: what passes just now, and what has passed lately.</summary>
internal sealed class TrafficEndpoints
{
    private const int DefaultSeconds = 300;
    private const int DefaultTop = 20;
    private const int MaxTop = 500;
    private const int DefaultLimit = 100;

    // Written before it is sent: a reader sees some records at once, not each by itself.
    private const int FlushAt = 64 << 10;

    private static readonly JsonSerializerOptions Web = JsonSerializerOptions.Web;

    private readonly TrafficGauge _traffic;
    private readonly TimeProvider _time;

    private TrafficEndpoints(Administered administered) => (_traffic, _time) = (administered.Traffic, administered.Time);

    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        var traffic = new TrafficEndpoints(administered);
        api.MapGet("/v1/traffic", traffic.Report);
        api.MapGet("/v1/traffic/recent", traffic.WriteRecentAsync);
        api.MapGet("/v1/traffic/live", traffic.WriteLiveAsync);
    }

    private TrafficReport Report(HttpRequest request)
    {
        var query = new Query(request.Query, ["seconds", "top", "by", "listener"]);
        var order = TrafficOrder.Exchanges;
        if (query["by"] is { } by && !(by.All(char.IsAsciiLetterLower) && Enum.TryParse(by, ignoreCase: true, out order)))
            throw CacheEndpoints.Wrong($"by: '{by}' is not known, write one of {string.Join(", ", Enum.GetNames<TrafficOrder>().Select(name => name.ToLowerInvariant()))}");
        return _traffic.Report(Number(query, "seconds", DefaultSeconds, TrafficGauge.LongestWindow), Number(query, "top", DefaultTop, MaxTop), order, query["listener"]);
    }

    private async Task WriteRecentAsync(HttpContext context)
    {
        var query = new Query(context.Request.Query, ["limit", .. RecordFilter.Names]);
        var records = _traffic.Recent(query.Filter(_time.GetUtcNow()), Number(query, "limit", DefaultLimit, TrafficGauge.MostRecent));
        context.Response.ContentType = "application/json; charset=utf-8";
        var (body, json) = (context.Response.BodyWriter, new RecordLines(LogFormat.Json, TimeZoneInfo.Utc));
        Put(body, "{\"records\":["u8);
        for (var i = 0; i < records.Count; i++)
        {
            if (i > 0)
                Put(body, ","u8);
            Put(body, json.Of(records[i]));
            if (body.UnflushedBytes > FlushAt)
                await body.FlushAsync(context.RequestAborted);
        }
        Put(body, "]}"u8);
        await body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Server-sent events, until the reader leaves or the program ends.</summary>
    private async Task WriteLiveAsync(HttpContext context)
    {
        var filter = new Query(context.Request.Query, [.. RecordFilter.Names]).Filter(_time.GetUtcNow());
        var ends = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ends);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var reader = _traffic.Follow(filter);
        try
        {
            // The head, so that the reader knows that it follows.
            await context.Response.Body.FlushAsync(stop.Token);
            var (body, json) = (context.Response.BodyWriter, new RecordLines(LogFormat.Json, TimeZoneInfo.Utc));
            while (await reader.WaitAsync(stop.Token))
            {
                while (body.UnflushedBytes < FlushAt && reader.TryRead(out var next))
                    Put(body, next, json);
                if (reader.TakeMissed() is > 0 and var missed)
                    PutEvent(body, "missed"u8, JsonSerializer.SerializeToUtf8Bytes(new MissedRecords(missed), Web));
                await body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has left, or the program ends.
        }
    }

    private static void Put(PipeWriter body, LiveEvent next, RecordLines json)
    {
        if (next.Record is { } record)
            PutEvent(body, "record"u8, json.Of(record));
        else
            PutEvent(body, "second"u8, JsonSerializer.SerializeToUtf8Bytes(next.Second, Web));
    }

    /// <param name="data">One line.</param>
    private static void PutEvent(PipeWriter body, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Put(body, "event: "u8);
        Put(body, name);
        Put(body, "\ndata: "u8);
        Put(body, data);
        Put(body, "\n\n"u8);
    }

    private static void Put(PipeWriter body, ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(body.GetSpan(octets.Length));
        body.Advance(octets.Length);
    }

    private static int Number(Query query, string name, int otherwise, int most) =>
        query[name] is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
        : throw CacheEndpoints.Wrong($"{name}: '{text}' is not a number from 1 to {most}");
}
