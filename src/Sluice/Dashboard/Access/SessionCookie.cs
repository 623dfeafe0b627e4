using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard.Access;

/// <summary>The cookie with a session's name (RFC 6265): no script reads it, no other site's request carries it, and where the browser spoke https it is never sent without. Cookies are not
/// kept apart by port, so its name has ours.</summary>
internal static class SessionCookie
{
    // A prefix that browsers let only a secure origin set (RFC 6265bis s.4.1.3).
    private const string SecurePrefix = "__Host-";

    public static string? Read(HttpRequest request) => request.Cookies[SecurePrefix + Name(request)] ?? request.Cookies[Name(request)];

    public static void Set(HttpContext context, string session)
    {
        // What the browser spoke it says itself; what somebody in front of us speaks to us does not matter.
        var isSecure = context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        context.Response.Cookies.Append((isSecure ? SecurePrefix : "") + Name(context.Request), session, Options(isSecure));
    }

    public static void Remove(HttpContext context)
    {
        context.Response.Cookies.Delete(SecurePrefix + Name(context.Request), Options(isSecure: true));
        context.Response.Cookies.Delete(Name(context.Request), Options(isSecure: false));
    }

    private static CookieOptions Options(bool isSecure) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = isSecure, Path = "/", MaxAge = null };

    private static string Name(HttpRequest request) => $"sluice-{request.HttpContext.Connection.LocalPort}";
}
