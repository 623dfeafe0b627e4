using Microsoft.AspNetCore.Http;
using Sluice.Dashboard.Access;

namespace Sluice.Dashboard.Pages;

/// <summary>What is around every page.</summary>
internal static class Layout
{
    private static readonly (string Path, string Title)[] Pages =
    [
        ("/", "Overview"), ("/traffic", "Live traffic"), ("/blocked", "Blocked"), ("/tunnels", "Tunnels"), ("/upstreams", "Upstreams"), ("/cache", "Cache"), ("/lists", "Lists and rules"),
        ("/configuration", "Configuration"), ("/explain", "Explain"), ("/history", "History"),
    ];

    private static readonly string Version = typeof(Layout).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <param name="body">What stands below the title.</param>
    /// <param name="refresh">Seconds after which its live parts are loaded again; 0: never.</param>
    public static IResult Page(this Site site, HttpContext context, string title, Html body, int refresh = 0, Html scripts = default, int status = StatusCodes.Status200OK)
    {
        var note = site.Notes.Find(context.Request.Query["note"]);
        return Document(title, Html.Of($"""
            {Top(context)}
            <main id="main" tabindex="-1" data-refresh="{refresh}">
            <h1>{title}</h1>
            <p id="offline" class="box warn" role="alert" hidden>Sluice cannot be reached: what stands here is no longer live.</p>
            <div class="notes" role="status">{(note is null ? Html.Empty : Box(note.IsBad ? "bad" : "good", Html.Of($"{note.Text}")))}</div>
            {body}
            </main>
            """), scripts, status);
    }

    /// <summary>A page without the others: before the login.</summary>
    public static IResult Bare(string title, Html body, int status = StatusCodes.Status200OK) => Document(title, Html.Of($"""
        <main id="main" class="bare" tabindex="-1">
        <p class="brand">{Mark} Sluice</p>
        <h1>{title}</h1>
        {body}
        </main>
        """), Html.Empty, status);

    /// <param name="kind"><c>good</c>, <c>bad</c> or <c>warn</c>.</param>
    public static Html Box(string kind, Html text) => Html.Of($"<div class=\"box {kind}\">{text}</div>");

    /// <summary>A form's token, which every form that does something has.</summary>
    public static Html Token(HttpContext context) => Html.Of($"<input type=\"hidden\" name=\"token\" value=\"{Visitor.Of(context).FormToken}\">");

    /// <summary>A button that does something: a form of its own.</summary>
    /// <param name="label">What a screen reader says: also what it is done to.</param>
    public static Html Button(HttpContext context, string action, string text, string label, params (string Name, string? Value)[] fields) => Html.Of($"""
        <form method="post" action="{action}">{Token(context)}{fields.Select(field => Html.Of($"<input type=\"hidden\" name=\"{field.Name}\" value=\"{field.Value}\">"))}<button aria-label="{label}">{text}</button></form>
        """);

    private static Html Mark => Html.Of($"""<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 2v20M20 2v20M4 5h16M8 5v8h8V5" /><path class="water" d="M2 17q2.5-2.5 5 0t5 0 5 0 5 0M2 21q2.5-2.5 5 0t5 0 5 0 5 0" /></svg>""");

    private static Html Top(HttpContext context)
    {
        var here = context.Request.Path.Value ?? "/";
        var visitor = context.Features.Get<Visitor>();
        return Html.Of($"""
            <a class="skip" href="#main">Skip to the content</a>
            <header class="top">
            <a class="brand" href="/">{Mark} Sluice</a>
            <button class="menu" popovertarget="menu">Menu</button>
            <nav id="menu" popover aria-label="Pages">
            <ul>
            {Pages.Select(page => Html.Of($"<li><a href=\"{page.Path}\"{(IsAt(page.Path, here) ? Html.Of($" aria-current=\"page\"") : Html.Empty)}>{page.Title}</a></li>\n"))}</ul>
            <div class="foot">{(visitor?.Name is { } name ? Html.Of($"<p>{name}</p>{Button(context, "/logout", "Log out", "Log out")}") : Html.Empty)}<p class="faint">Sluice {Version}</p></div>
            </nav>
            </header>
            """);
    }

    private static bool IsAt(string page, string here) => page == "/" ? here == "/" : here == page || here.StartsWith(page + "/", StringComparison.Ordinal);

    private static IResult Document(string title, Html body, Html scripts, int status) => Results.Text(Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>{title} · Sluice</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="{Assets.Url("icon.svg")}" type="image/svg+xml">
        <link rel="stylesheet" href="{Assets.Url("sluice.css")}">
        {scripts}<script type="module" src="{Assets.Url("sluice.js")}"></script>
        </head>
        <body>
        {body}
        </body>
        </html>

        """).ToString(), "text/html; charset=utf-8", statusCode: status);
}
