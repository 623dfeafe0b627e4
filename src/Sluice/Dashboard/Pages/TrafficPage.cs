using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>What passes: the latest records, and with JavaScript each that comes.</summary>
internal static class TrafficPage
{
    private const string Path = "/traffic";
    private const int Most = 100;

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get(Path, context => site.Page(context, "Live traffic", Body(site, context)));
        app.MapGet(Path + "/rows", (HttpContext context) => RowsAsync(site, context));
    }

    private static Html Body(Site site, HttpContext context) => Html.Of($"""
        {RecordFilters.Form(context.Request.Query, Path, times: false)}
        <section>
        <div class="head"><h2>Records</h2><div class="state"><span id="stream-state" role="status" class="tag"></span><button id="stream-pause" hidden>Pause</button></div></div>
        <div id="stream">{Records(site, context)}</div>
        <template id="stream-table">{Table.Of("Records", RecordRows.Columns, [new Row("", Html.Empty)], Html.Empty)}</template>
        </section>
        """);

    private static Html Records(Site site, HttpContext context)
    {
        try
        {
            var filter = RecordFilters.Of(context.Request.Query, site.Now);
            return RecordRows.TableOf("Records", site.Administered.Traffic.Recent(filter, Most), site.Now, Html.Of($"Nothing that fits has passed yet."));
        }
        catch (AdminProblemException problem)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{problem.Message}</span>"));
        }
    }

    private static Task RowsAsync(Site site, HttpContext context) =>
        EventStream.SendAsync(context, site.Administered.Traffic.Follow(RecordFilters.Of(context.Request.Query, site.Now)), next =>
            next.Record is { } record ? ("row", Table.RowOf(RecordRows.Columns, RecordRows.Of(record, site.Now)).ToString().ReplaceLineEndings(" ")) : null);
}
