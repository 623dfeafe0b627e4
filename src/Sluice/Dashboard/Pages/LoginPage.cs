using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Dashboard.Access;
using Sluice.Policy;

namespace Sluice.Dashboard.Pages;

/// <summary>In and out. Passwords are looked at by the <see cref="Authenticator"/> of the listeners, with its limits on guessing (docs/users.md).</summary>
internal static class LoginPage
{
    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get("/login", context => site.Door.IsOpen ? new SeeOther("/") : Form(context, context.Request.Query["to"], null, StatusCodes.Status200OK));
        app.Post("/login", (context, form) => LogInAsync(site, context, form));
        app.Post("/logout", (context, _) =>
        {
            if (SessionCookie.Read(context.Request) is { } session)
                site.Sessions.End(session);
            SessionCookie.Remove(context);
            return Task.FromResult<IResult>(new SeeOther("/login"));
        });
    }

    private static async Task<IResult> LogInAsync(Site site, HttpContext context, IFormCollection form)
    {
        var (to, name) = (form["to"].ToString(), form["name"].ToString());
        var credentials = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{form["password"]}"))}";
        // A name with a colon would be taken apart elsewhere (RFC 7617 s.2).
        var login = name.Contains(':') ? new Login(LoginOutcome.Wrong) : await site.Authenticator.CheckAsync(credentials, context.Connection.RemoteIpAddress);
        switch (login.Outcome)
        {
            case LoginOutcome.Accepted when site.Door.Admits(login.User!):
                SessionCookie.Set(context, site.Sessions.Begin(login.User!));
                return new SeeOther(IsOwnPath(to) ? to : "/");
            case LoginOutcome.Accepted:
                return Form(context, to, "The password is right, but this user is no admin of Sluice.", StatusCodes.Status403Forbidden);
            case LoginOutcome.Limited or LoginOutcome.Busy:
                var seconds = Math.Ceiling(login.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                context.Response.Headers.RetryAfter = seconds;
                return Form(context, to, $"There have been too many tries: come again in {seconds} s.", StatusCodes.Status429TooManyRequests);
            default:
                return Form(context, to, "No such user, or not this password.", StatusCodes.Status403Forbidden);
        }
    }

    /// <summary>A path of ours and no way out: <c>//elsewhere</c> and <c>/\elsewhere</c> are hosts to browsers.</summary>
    private static bool IsOwnPath(string? to) => to is ['/', ..] && !to.StartsWith("//", StringComparison.Ordinal) && !to.AsSpan().ContainsAnyExceptInRange('!', '~') && !to.Contains('\\');

    private static IResult Form(HttpContext context, string? to, string? wrong, int status) => Layout.Bare("Log in", Html.Of($"""
        <div role="alert">{(wrong is null ? Html.Empty : Layout.Box("bad", Html.Of($"{wrong}")))}</div>
        <form method="post" action="/login" class="stack">
        {Layout.Token(context)}<input type="hidden" name="to" value="{to}">
        <label>User <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button class="first">Log in</button>
        </form>
        """), status);
}
