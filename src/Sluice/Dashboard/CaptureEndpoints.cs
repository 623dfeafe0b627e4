using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>POST /v1/capture: the answer is a capture, for as long as it is read.</summary>
internal static class CaptureEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Captures captures) => api.MapPost("/v1/capture", async (HttpContext context) =>
    {
        var order = await Orders.ReadAsync<CaptureOrder>(context.Request) ?? new CaptureOrder(null, null, null);
        var (filter, said) = FilterOf(order);
        if (captures.Begin(filter.Matches, said, BoundsOf(order)) is not { } capture)
            throw new AdminProblemException(StatusCodes.Status503ServiceUnavailable, $"{Captures.Most} captures are running already, there can be no more");
        // Whoever reads slowly, or has paused, loses packets and not the capture.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        context.Response.ContentType = "application/x-pcapng";
        try
        {
            await capture.WriteToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // It has seen enough.
        }
    });

    private static (RecordFilter Filter, string? Said) FilterOf(CaptureOrder order)
    {
        var filter = RecordFilter.All;
        foreach (var (name, value) in order.Filter ?? [])
            if (RecordFilter.TryAdd(ref filter, name, value, DateTimeOffset.UnixEpoch) is { } wrong)
                throw CacheEndpoints.Wrong(wrong);
            else if (name is "since" or "until")
                throw CacheEndpoints.Wrong($"{name}: a capture is of what begins from now on, write seconds to say how long");
        if (filter != filter.OfRequest)
            throw CacheEndpoints.Wrong("status, cache, error and the kind upgrade are known only when an exchange is over: what is captured is chosen when the head of its request has been judged");
        return (filter, order.Filter is { Count: > 0 } given ? string.Join(' ', given.Select(condition => $"{condition.Key}={condition.Value}")) : null);
    }

    private static CaptureBounds BoundsOf(CaptureOrder order)
    {
        if (order.Seconds is <= 0 or > CaptureOrder.MaxSeconds)
            throw CacheEndpoints.Wrong($"seconds: '{order.Seconds}' is not a number from 1 to {CaptureOrder.MaxSeconds}");
        if (order.Bytes is < CaptureOrder.MinBytes)
            throw CacheEndpoints.Wrong($"bytes: '{order.Bytes}' is less than {CaptureOrder.MinBytes}, which one large read may take");
        return new CaptureBounds(order.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, order.Bytes);
    }
}

/// <summary>The body of POST /v1/capture; all may be left out.</summary>
/// <param name="Filter">Conditions by name, all of which must hold.</param>
/// <param name="Seconds">It ends after so many.</param>
/// <param name="Bytes">It ends before it is larger.</param>
[method: JsonConstructor]
public sealed record CaptureOrder(Dictionary<string, string>? Filter, int? Seconds, long? Bytes)
{
    internal const int MaxSeconds = 7 * 24 * 3600;
    internal const int MinBytes = 64 << 10;
}
