using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>GET /v1/history: what has passed in the last days. A search reads the database in a thread of the pool, for so long and no longer.</summary>
internal static class HistoryEndpoint
{
    private const int Otherwise = 100;
    private const int Most = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Each may take a core and the disk: the traffic is to have them.
    private static readonly SemaphoreSlim Searches = new(2);

    public static void Map(IEndpointRouteBuilder api, Administered administered) => api.MapGet("/v1/history", async (HttpContext context) =>
    {
        var query = new Query(context.Request.Query, [.. RecordFilter.Names, "limit", "before"]);
        var filter = query.Filter(administered.Time.GetUtcNow());
        var limit = (int)(Number(query, "limit", Most) ?? Otherwise);
        var before = Number(query, "before", long.MaxValue);
        var file = administered.History() ?? throw new AdminProblemException(StatusCodes.Status404NotFound, "there is no history: write logs: { history: { path: PATH } }");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        stop.CancelAfter(Patience);
        var rows = await FindAsync(file, filter, limit, before, stop.Token);
        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(Json(rows, isFull: rows.Count == limit), context.RequestAborted);
    });

    private static async Task<IReadOnlyList<StoredRecord>> FindAsync(string file, RecordFilter filter, int limit, long? before, CancellationToken stop)
    {
        var isLet = false;
        try
        {
            await Searches.WaitAsync(stop);
            isLet = true;
            return await Task.Run(() =>
            {
                using var reader = HistoryReader.Open(file);
                return reader.Newest(filter, limit, before, stop);
            }, stop);
        }
        catch (OperationCanceledException)
        {
            throw new AdminProblemException(StatusCodes.Status503ServiceUnavailable, $"the search took longer than {Patience.TotalSeconds} s: narrow it with since");
        }
        catch (HistoryException e)
        {
            throw new AdminProblemException(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        finally
        {
            if (isLet)
                Searches.Release();
        }
    }

    private static long? Number(Query query, string name, long most) => query[name] is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
        : throw CacheEndpoints.Wrong($"{name}: '{text}' is not a number, write 1 to {most}");

    private static ReadOnlyMemory<byte> Json(IReadOnlyList<StoredRecord> rows, bool isFull)
    {
        var lines = new RecordLines(LogFormat.Json, TimeZoneInfo.Utc);
        var body = new MemoryStream();
        body.Write("{\"records\":["u8);
        for (var i = 0; i < rows.Count; i++)
        {
            body.Write(i == 0 ? "\n"u8 : ",\n"u8);
            body.Write(lines.Of(rows[i]));
        }
        body.Write(System.Text.Encoding.ASCII.GetBytes($"],\"next\":{(isFull ? rows[^1].Id.ToString(CultureInfo.InvariantCulture) : "null")}}}\n"));
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
