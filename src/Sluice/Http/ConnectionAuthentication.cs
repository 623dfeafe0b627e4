namespace Sluice.Http;

/// <summary>NTLM and Negotiate (RFC 4559) authenticate a connection, not a request: whatever goes on it later goes in the name of that
/// user. A connection on which one of the two was seen must not carry the requests of others.</summary>
public static class ConnectionAuthentication
{
    /// <summary>Whether the request's credentials are of that kind (RFC 9110 s.11.6.2, 11.7.2).</summary>
    public static bool IsInRequest(FieldList fields) =>
        IsIn(fields, FieldNames.Authorization) || IsIn(fields, FieldNames.ProxyAuthorization);

    /// <summary>Whether a challenge, or the last message of such an exchange, is in the answer (s.11.6.1, 11.7.1).</summary>
    public static bool IsInResponse(FieldList fields) =>
        IsIn(fields, FieldNames.WwwAuthenticate) || IsIn(fields, FieldNames.ProxyAuthenticate);

    private static bool IsIn(FieldList fields, string name)
    {
        foreach (ref readonly var line in fields.Lines)
            if (FieldList.SameName(line.Name, name) && HasScheme(line.Value))
                return true;
        return false;
    }

    // Every member of the list, also within quotes: who writes a list that can be read in two ways shall not be the one who
    // decides that nothing was seen.
    private static bool HasScheme(ReadOnlySpan<char> value)
    {
        foreach (var part in value.Split(','))
        {
            var member = Grammar.TrimOws(value[part]).TrimStart('"');
            var end = member.IndexOfAny(" \t");
            var scheme = end < 0 ? member : member[..end];
            if (scheme.Equals("Negotiate", StringComparison.OrdinalIgnoreCase) || scheme.Equals("NTLM", StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
