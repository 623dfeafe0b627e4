namespace Sluice.Http;

/// <summary>The options of Connection (RFC 9110 s.7.6.1).</summary>
public static class ConnectionOptions
{
    public const string Close = "close";
    public const string KeepAlive = "keep-alive";
    public const string Upgrade = "upgrade";

    /// <summary>Whether one of the options is this one, case aside.</summary>
    public static bool Contains(FieldList fields, string option)
    {
        foreach (ref readonly var line in fields.Lines)
        {
            if (!FieldList.SameName(line.Name, FieldNames.Connection))
                continue;
            foreach (var member in line.Value.AsSpan().Split(','))
                if (Grammar.Same(Grammar.TrimOws(line.Value.AsSpan()[member]), option))
                    return true;
        }
        return false;
    }

    /// <summary>Whether the sender of this message means to keep the connection (RFC 9112 s.9.3).</summary>
    public static bool Persists(ProtocolVersion version, FieldList fields) =>
        !Contains(fields, Close) && (version != ProtocolVersion.Http10 || Contains(fields, KeepAlive));
}
