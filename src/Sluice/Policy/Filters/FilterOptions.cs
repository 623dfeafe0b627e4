namespace Sluice.Policy.Filters;

internal enum OptionKind : byte
{
    Type,
    FirstParty,
    ThirdParty,
    SameHost,
    OtherHost,
    Important,
    MatchCase,
    BadFilter,
    From,
    To,
    DenyAllow,
    Method,
    Redirect,
    Popup,
    NoRequest,
    Nothing,
}

/// <summary>The options of filters by their names, as uBlock Origin has them, with those of Adblock Plus.</summary>
internal static class FilterOptions
{
    private readonly record struct Row(byte[] Name, OptionKind Kind, ushort Types);

    // The most used first: the table is searched in this order.
    private static readonly Row[] Rows =
    [
        .. Of(OptionKind.ThirdParty, "third-party", "3p"),
        .. Of(OptionKind.Popup, "popup", "popunder"),
        .. Of(OptionKind.From, "domain", "from"),
        .. Of(RequestType.Script, "script"),
        .. Of(RequestType.Image, "image"),
        .. Of(RequestType.Document, "document", "doc"),
        .. Of(OptionKind.FirstParty, "first-party", "1p"),
        .. Of(RequestType.Xhr, "xmlhttprequest", "xhr"),
        .. Of(RequestType.Frame, "subdocument", "frame"),
        .. Of(RequestType.Media, "media"),
        .. Of(RequestType.Ping, "ping", "beacon"),
        .. Of(RequestType.Stylesheet, "stylesheet", "css"),
        .. Of(RequestType.Other, "other"),
        .. Of(RequestType.WebSocket, "websocket"),
        .. Of(RequestType.Object, "object", "object-subrequest"),
        .. Of(RequestType.Font, "font"),
        new("all"u8.ToArray(), OptionKind.Type, TypeSet.All),
        .. Of(OptionKind.Redirect, "redirect", "rewrite", "empty"),
        new("mp4"u8.ToArray(), OptionKind.Redirect, TypeSet.Of(RequestType.Media)),
        .. Of(OptionKind.Important, "important"),
        .. Of(OptionKind.DenyAllow, "denyallow"),
        .. Of(OptionKind.To, "to"),
        .. Of(OptionKind.Method, "method"),
        .. Of(OptionKind.BadFilter, "badfilter"),
        .. Of(OptionKind.MatchCase, "match-case"),
        .. Of(OptionKind.SameHost, "strict1p"),
        .. Of(OptionKind.OtherHost, "strict3p"),
        .. Of(OptionKind.NoRequest, "redirect-rule", "csp", "removeparam", "queryprune", "replace", "permissions", "header", "ipaddress", "urlskip",
            "uritransform", "generichide", "ghide", "specifichide", "shide", "elemhide", "ehide", "genericblock", "inline-script", "inline-font",
            "cname", "webrtc"),
    ];

    /// <summary>What an option of that name does, and the types that it names; false: it is not known.</summary>
    public static bool Find(ReadOnlySpan<byte> name, out OptionKind kind, out ushort types)
    {
        foreach (var row in Rows)
        {
            if (!name.SequenceEqual(row.Name))
                continue;
            (kind, types) = (row.Kind, row.Types);
            return true;
        }
        (kind, types) = (OptionKind.Nothing, 0);
        return !name.IsEmpty && !name.ContainsAnyExcept((byte)'_');
    }

    private static IEnumerable<Row> Of(OptionKind kind, params string[] names) =>
        names.Select(name => new Row(System.Text.Encoding.ASCII.GetBytes(name), kind, 0));

    private static IEnumerable<Row> Of(RequestType type, params string[] names) =>
        names.Select(name => new Row(System.Text.Encoding.ASCII.GetBytes(name), OptionKind.Type, TypeSet.Of(type)));
}
