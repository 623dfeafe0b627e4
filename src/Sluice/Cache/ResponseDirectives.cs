namespace Sluice.Cache;

/// <summary>Cache-Control of a response (RFC 9111 s.5.2.2, RFC 5861, RFC 8246). Seconds are -1 where the directive is absent.
/// Of a directive that comes twice the first counts (s.4.2.1); of a directive in both forms the stricter one.</summary>
internal readonly struct ResponseDirectives
{
    public bool NoStore { get; private init; }

    /// <summary>The form without field names.</summary>
    public bool NoCache { get; private init; }

    public bool Private { get; private init; }

    public bool Public { get; private init; }

    public bool MustRevalidate { get; private init; }

    public bool ProxyRevalidate { get; private init; }

    public bool MustUnderstand { get; private init; }

    public bool Immutable { get; private init; }

    public long MaxAge { get; private init; }

    public long SharedMaxAge { get; private init; }

    public long StaleWhileRevalidate { get; private init; }

    public long StaleIfError { get; private init; }

    /// <summary>Names from <c>no-cache="..."</c> and <c>private="..."</c>, comma separated: fields that a stored
    /// answer is served without (s.5.2.2.4, s.5.2.2.7). Null where there are none.</summary>
    public string? WithheldFields { get; private init; }

    // RFC 9111 s.4.2.4, s.5.2.2.2, s.5.2.2.8, s.5.2.2.10: s-maxage includes proxy-revalidate.
    public bool ForbidsStale => NoCache || MustRevalidate || ProxyRevalidate || SharedMaxAge >= 0;

    public static ResponseDirectives Parse(string? cacheControl)
    {
        bool noStore = false, noCache = false, isPrivate = false, isPublic = false, mustRevalidate = false;
        bool proxyRevalidate = false, mustUnderstand = false, immutable = false;
        long maxAge = -1, sharedMaxAge = -1, staleWhileRevalidate = -1, staleIfError = -1;
        string? withheld = null;
        var reader = new DirectiveReader(cacheControl);
        while (reader.Next())
        {
            switch (reader.Name.Length)
            {
                case 6 when reader.Is("public"):
                    isPublic |= !reader.IsMalformed;
                    break;
                case 7 when reader.Is("max-age"):
                    maxAge = maxAge < 0 ? reader.Seconds : maxAge;
                    break;
                case 7 when reader.Is("private"):
                    isPrivate |= !Withholds(reader, ref withheld);
                    break;
                case 8 when reader.Is("no-store"):
                    noStore = true;
                    break;
                case 8 when reader.Is("no-cache"):
                    noCache |= !Withholds(reader, ref withheld);
                    break;
                case 8 when reader.Is("s-maxage"):
                    sharedMaxAge = sharedMaxAge < 0 ? reader.Seconds : sharedMaxAge;
                    break;
                case 9 when reader.Is("immutable"):
                    immutable |= !reader.IsMalformed;
                    break;
                case 14 when reader.Is("stale-if-error"):
                    staleIfError = staleIfError < 0 ? reader.Seconds : staleIfError;
                    break;
                case 15 when reader.Is("must-revalidate"):
                    mustRevalidate = true;
                    break;
                case 15 when reader.Is("must-understand"):
                    mustUnderstand = true;
                    break;
                case 16 when reader.Is("proxy-revalidate"):
                    proxyRevalidate = true;
                    break;
                case 22 when reader.Is("stale-while-revalidate"):
                    staleWhileRevalidate = staleWhileRevalidate < 0 ? reader.Seconds : staleWhileRevalidate;
                    break;
            }
        }
        return new ResponseDirectives
        {
            NoStore = noStore, NoCache = noCache, Private = isPrivate, Public = isPublic, MustRevalidate = mustRevalidate,
            ProxyRevalidate = proxyRevalidate, MustUnderstand = mustUnderstand, Immutable = immutable, MaxAge = maxAge,
            SharedMaxAge = sharedMaxAge, StaleWhileRevalidate = staleWhileRevalidate, StaleIfError = staleIfError,
            WithheldFields = withheld,
        };
    }

    /// <summary>The form with field names restricts only these; a list that is not in quotes, is empty or malformed
    /// counts as the form without, the stricter one.</summary>
    private static bool Withholds(DirectiveReader reader, ref string? names)
    {
        var list = reader.Argument.Trim(" \t,");
        if (!reader.IsQuoted || reader.IsMalformed || list.IsEmpty)
            return false;
        names = names is null ? list.ToString() : $"{names},{list}";
        return true;
    }
}
