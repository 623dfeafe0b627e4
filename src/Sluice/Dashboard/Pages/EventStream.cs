using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>Server-sent events (HTML s.9.2) of a page: what passes, until the reader leaves, its session ends or the program does.</summary>
internal static class EventStream
{
    /// <summary>Of all readers together.</summary>
    private const int MostReaders = 64;

    /// <summary>A reader that has been here so long comes again by itself, with its session looked at anew.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static int s_readers;

    /// <param name="write">The name and the data of an event, which is one line; null: nothing is told.</param>
    public static async Task SendAsync(HttpContext context, LiveTraffic live, Func<LiveEvent, (string Name, string Data)?> write)
    {
        using var _ = live;
        if (Interlocked.Increment(ref s_readers) > MostReaders)
        {
            Interlocked.Decrement(ref s_readers);
            throw new AdminProblemException(StatusCodes.Status503ServiceUnavailable, $"{MostReaders} pages are live already.");
        }
        var ends = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ends);
        stop.CancelAfter(Longest);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("retry: 2000\n\n", stop.Token);
            while (await live.WaitAsync(stop.Token))
            {
                while (live.TryRead(out var next))
                    if (write(next) is { } told)
                        await context.Response.WriteAsync($"event: {told.Name}\ndata: {told.Data}\n\n", stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            Interlocked.Decrement(ref s_readers);
        }
    }
}
