using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>A search in the history, a page at a time, the newest first.</summary>
internal static class HistoryPage
{
    private const string Path = "/history";
    private const int PageRows = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void Map(IEndpointRouteBuilder app, Site site) => app.Get(Path, async context =>
    {
        var found = await FindAsync(site, context);
        return site.Page(context, "History", Html.Of($"{RecordFilters.Form(context.Request.Query, Path, times: true)}<section>{found}</section>"));
    });

    private static async Task<Html> FindAsync(Site site, HttpContext context)
    {
        if (site.Administered.History() is not { } file)
            return Html.Of($"<p class=\"empty\">There is no history: name its file, <code>logs.history: {{ path: history.db }}</code>.</p>");
        var given = context.Request.Query;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        stop.CancelAfter(Patience);
        try
        {
            var filter = RecordFilters.Of(given, site.Now);
            var before = long.TryParse(given["before"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : (long?)null;
            // SQLite reads in our thread.
            var rows = await Task.Run(() => Read(file, filter, before, stop.Token), stop.Token);
            return Found(site, given, rows, before);
        }
        catch (AdminProblemException problem)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{problem.Message}</span>"));
        }
        catch (IOException e)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{e.Message}</span>"));
        }
        catch (OperationCanceledException)
        {
            return Layout.Box("warn", Html.Of($"<span role=\"alert\">The search took longer than {Patience.TotalSeconds:0} s and was given up: narrow its time.</span>"));
        }
    }

    private static IReadOnlyList<StoredRecord> Read(string file, RecordFilter filter, long? before, CancellationToken stop)
    {
        using var reader = HistoryReader.Open(file);
        return reader.Newest(filter, PageRows + 1, before, stop);
    }

    private static Html Found(Site site, IQueryCollection given, IReadOnlyList<StoredRecord> rows, long? before)
    {
        var shown = rows.Take(PageRows).Select(row => row.Record is { } record ? RecordRows.Of(record, site.Now) with { Key = $"{row.Id}" } : Missing(row, site.Now));
        var query = RecordFilters.Query(given);
        var first = before is null ? Html.Empty : Html.Of($"<a class=\"button\" href=\"{Path}?{query}\">Newest</a>");
        var next = rows.Count <= PageRows ? Html.Empty : Html.Of($"<a class=\"button\" href=\"{Path}?{query}{(query.Length > 0 ? "&" : "")}before={rows[PageRows - 1].Id}\">Older</a>");
        return Html.Of($"""
            {Table.Of("Records", RecordRows.Columns, shown, Html.Of($"No record fits."))}
            {(first.IsEmpty && next.IsEmpty ? Html.Empty : Html.Of($"<nav class=\"paging\" aria-label=\"Pages of the history\">{first}{next}</nav>"))}
            """);
    }

    private static Row Missing(StoredRecord row, DateTimeOffset now) => new($"{row.Id}", Figures.Clock(row.Time, now), Html.Empty,
        Html.Of($"<span class=\"caution\">{Figures.Count(row.Dropped)} {(row.Dropped == 1 ? "record is" : "records are")} missing here: they could not be stored in time</span>"), Html.Empty, Html.Empty, Html.Empty, Html.Empty);
}
