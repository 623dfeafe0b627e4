using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard.Pages;

/// <summary>Every page, and how they are mapped.</summary>
internal static class SiteMap
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder app, Site site, AllowList allowList)
    {
        Assets.Map(app);
        OverviewPage.Map(app, site);
        TrafficPage.Map(app, site);
        BlockedPage.Map(app, site, allowList);
        TunnelsPage.Map(app, site);
        UpstreamsPage.Map(app, site);
        LoginPage.Map(app, site);
        CachePage.Map(app, site);
        EntryPage.Map(app, site);
        ListsPage.Map(app, site);
        ConfigurationPage.Map(app, site);
        ExplainPage.Map(app, site);
        HistoryPage.Map(app, site);
    }

    public static void Get(this IEndpointRouteBuilder app, string path, Func<HttpContext, IResult> show) =>
        app.MapMethods(path, Reading, context => show(context).ExecuteAsync(context));

    public static void Get(this IEndpointRouteBuilder app, string path, Func<HttpContext, Task<IResult>> show) =>
        app.MapMethods(path, Reading, async context => await (await show(context)).ExecuteAsync(context));

    /// <param name="act">Gets the form, whose token has been looked at.</param>
    public static void Post(this IEndpointRouteBuilder app, string path, Func<HttpContext, IFormCollection, Task<IResult>> act) => app.MapPost(path, async context =>
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync()
            : throw new AdminProblemException(StatusCodes.Status415UnsupportedMediaType, "This is a form's address, and this is no form: scripts ask below /v1.");
        await (await act(context, form)).ExecuteAsync(context);
    });
}
