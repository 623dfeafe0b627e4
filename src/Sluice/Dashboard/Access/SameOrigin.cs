using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard.Access;

/// <summary>Whether our own pages make a request, by what browsers say of it and scripts in pages cannot change: Sec-Fetch-Site (Fetch Metadata) and Origin (RFC 6454 s.7).</summary>
internal static class SameOrigin
{
    /// <summary>Something in it says so, and nothing that it is otherwise. To be asked of what changes something.</summary>
    public static bool IsProven(HttpRequest request)
    {
        string? site = request.Headers["Sec-Fetch-Site"], origin = request.Headers.Origin;
        return (site, origin) switch
        {
            (null, null) => false,
            (not (null or "same-origin"), _) => false,
            (_, not null) => IsOurs(origin, request),
            _ => true,
        };
    }

    /// <summary>A page elsewhere asks for it as a part of itself or by script; to follow a link to us is another thing.</summary>
    public static bool IsTakenFromElsewhere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"] != "navigate";

    /// <summary>By whichever scheme: in front of us somebody may speak TLS.</summary>
    private static bool IsOurs(string origin, HttpRequest request) =>
        origin.Equals($"http://{request.Host.Value}", StringComparison.OrdinalIgnoreCase) || origin.Equals($"https://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
}
