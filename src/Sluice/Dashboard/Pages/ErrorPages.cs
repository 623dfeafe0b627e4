using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Sluice.Dashboard.Access;

namespace Sluice.Dashboard.Pages;

/// <summary>What people read where a request came to nothing; programs get problem+json.</summary>
internal static class ErrorPages
{
    public static bool IsForPeople(HttpRequest request) =>
        !request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    public static Task WriteAsync(this Site site, HttpContext context, int status, string detail)
    {
        if (!IsForPeople(context.Request))
            return Problems.WriteAsync(context, status, detail);
        var title = ReasonPhrases.GetReasonPhrase(status);
        var body = Html.Of($"<p>{detail}</p><p><a href=\"/\">To the overview</a></p>");
        // Whoever has not passed the door sees nothing of the house.
        var page = context.Features.Get<Visitor>() is null ? Layout.Bare(title, body, status) : site.Page(context, title, body, status: status);
        return page.ExecuteAsync(context);
    }
}
