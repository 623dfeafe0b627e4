using Sluice.Http;

namespace Sluice.Policy.Filters;

/// <summary>
/// What a request's fields say of the page that makes it and of what it is for.
///
/// Browsers say it in Sec-Fetch-Dest, but only to https. Elsewhere Accept tells images, styles, pages, fonts and media apart; where it is
/// <c>*/*</c> or absent, as for scripts and fetches, the ending of the path does, for what it tells of is rarely asked for otherwise. A page and a
/// frame look alike then, and are taken for a page: a frame wrongly let through is the smaller harm.
/// </summary>
internal static class RequestTraits
{
    private static readonly (string Word, RequestType Type)[] Destinations =
    [
        ("empty", RequestType.Xhr), ("image", RequestType.Image), ("script", RequestType.Script), ("style", RequestType.Stylesheet),
        ("font", RequestType.Font), ("document", RequestType.Document), ("iframe", RequestType.Frame), ("frame", RequestType.Frame),
        ("fencedframe", RequestType.Frame), ("audio", RequestType.Media), ("video", RequestType.Media), ("track", RequestType.Other),
        ("object", RequestType.Object), ("embed", RequestType.Object), ("worker", RequestType.Script), ("sharedworker", RequestType.Script),
        ("serviceworker", RequestType.Script), ("audioworklet", RequestType.Script), ("paintworklet", RequestType.Script),
        ("xslt", RequestType.Stylesheet), ("json", RequestType.Xhr), ("webidentity", RequestType.Xhr), ("report", RequestType.Other),
        ("manifest", RequestType.Other),
    ];

    // By how Accept begins; what stands first is what is wanted.
    private static readonly (string Start, RequestType Type)[] Accepted =
    [
        ("text/html", RequestType.Document), ("application/xhtml+xml", RequestType.Document), ("text/css", RequestType.Stylesheet),
        ("image/", RequestType.Image), ("application/font", RequestType.Font), ("font/", RequestType.Font), ("video/", RequestType.Media),
        ("audio/", RequestType.Media), ("application/json", RequestType.Xhr), ("text/event-stream", RequestType.Xhr),
        ("application/javascript", RequestType.Script), ("text/javascript", RequestType.Script),
    ];

    private static readonly (string Ending, RequestType Type)[] Endings =
    [
        (".js", RequestType.Script), (".mjs", RequestType.Script), (".css", RequestType.Stylesheet),
        (".gif", RequestType.Image), (".png", RequestType.Image), (".jpg", RequestType.Image), (".jpeg", RequestType.Image),
        (".webp", RequestType.Image), (".svg", RequestType.Image), (".ico", RequestType.Image), (".avif", RequestType.Image),
        (".woff2", RequestType.Font), (".woff", RequestType.Font), (".ttf", RequestType.Font), (".otf", RequestType.Font),
        (".mp4", RequestType.Media), (".webm", RequestType.Media), (".mp3", RequestType.Media), (".m3u8", RequestType.Media),
    ];

    /// <summary>What the request is for; Unknown where nothing tells.</summary>
    public static RequestType TypeOf(RequestHead request)
    {
        var fields = request.Fields;
        if (string.Equals(fields.Get(FieldNames.Upgrade), "websocket", StringComparison.OrdinalIgnoreCase) || Is(fields, "Sec-Fetch-Mode", "websocket"))
            return RequestType.WebSocket;
        if (fields.Contains("Ping-To"))
            return RequestType.Ping;
        if (fields.Get("Sec-Fetch-Dest") is { } destination)
            return OfDestination(destination, fields, request.Method);
        if (Is(fields, "X-Requested-With", "XMLHttpRequest"))
            return RequestType.Xhr;
        return fields.Get(FieldNames.Accept) is { Length: > 0 } accept && accept != "*/*"
            ? OfAccept(accept)
            : OfEnding(request.Target);
    }

    /// <summary>The host of the page: of Referer, else of Origin; empty where neither names one.</summary>
    public static ReadOnlySpan<char> SourceOf(FieldList fields)
    {
        var host = HostOf(fields.Get(FieldNames.Referer));
        return host.IsEmpty ? HostOf(fields.Get("Origin")) : host;
    }

    /// <summary>What Sec-Fetch-Site says: it also tells where Referer is withheld.</summary>
    public static Party PartyOf(FieldList fields) => fields.Get("Sec-Fetch-Site") switch
    {
        "cross-site" => Party.Third,
        "same-origin" or "same-site" or "none" => Party.First,
        _ => Party.Unknown,
    };

    private static RequestType OfDestination(string destination, FieldList fields, string method)
    {
        foreach (var (word, type) in Destinations)
        {
            if (!destination.Equals(word, StringComparison.OrdinalIgnoreCase))
                continue;
            // sendBeacon: a POST whose answer the page does not see.
            return type == RequestType.Xhr && method == "POST" && Is(fields, "Sec-Fetch-Mode", "no-cors") ? RequestType.Ping : type;
        }
        return RequestType.Other;
    }

    private static RequestType OfAccept(string accept)
    {
        foreach (var (start, type) in Accepted)
            if (accept.StartsWith(start, StringComparison.OrdinalIgnoreCase))
                return type;
        return RequestType.Unknown;
    }

    private static RequestType OfEnding(RequestTarget target)
    {
        var path = target.PathAndQuery.AsSpan(0, target.PathAndQuery.Length - target.Query.Length);
        foreach (var (ending, type) in Endings)
            if (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                return type;
        return RequestType.Unknown;
    }

    private static bool Is(FieldList fields, string name, string value) => string.Equals(fields.Get(name), value, StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> HostOf(string? url)
    {
        var start = url?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        if (start < 0)
            return [];
        var authority = url.AsSpan(start + 3);
        authority = authority.IndexOfAny("/?#") is >= 0 and var slash ? authority[..slash] : authority;
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var port = authority.LastIndexOf(':');
        return port >= 0 && authority.IndexOf(']') < port ? authority[..port] : authority;
    }
}
