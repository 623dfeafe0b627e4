using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What the cache reads of a request's head, gathered in one pass over its lines: a lookup asks for a dozen
/// fields, most of them absent.</summary>
internal struct RequestFacts
{
    public RequestDirectives Directives;
    public string? IfNoneMatch;
    public string? IfModifiedSince;
    public string? IfRange;
    public string? Range;
    public bool HasBody;
    public bool HasAuthorization;

    /// <summary>Asks for another protocol than HTTP (RFC 9110 s.7.8); h2c does not count, as it is not passed on.</summary>
    public bool HasUpgrade;

    /// <summary>Has a field by which some origins answer for another method or path than that of the request line, which the key has.</summary>
    public bool IsDiverted;

    /// <summary>If-Match or If-Unmodified-Since: only the origin can evaluate them (RFC 9111 s.4.3.2).</summary>
    public bool HasOriginCondition;

    public static RequestFacts Of(FieldList fields)
    {
        var facts = default(RequestFacts);
        string? cacheControl = null, pragma = null;
        foreach (ref readonly var line in fields.Lines)
        {
            switch (line.Name.Length)
            {
                case 5 when Is(line, FieldNames.Range):
                    Join(ref facts.Range, line.Value);
                    break;
                case 6 when Is(line, FieldNames.Pragma):
                    Join(ref pragma, line.Value);
                    break;
                case 7 when Is(line, FieldNames.Upgrade):
                    facts.HasUpgrade |= !line.Value.StartsWith("h2c", StringComparison.OrdinalIgnoreCase);
                    break;
                case 8 when Is(line, FieldNames.IfMatch):
                    facts.HasOriginCondition = true;
                    break;
                case 8 when Is(line, FieldNames.IfRange):
                    Join(ref facts.IfRange, line.Value);
                    break;
                case 13 when Is(line, FieldNames.CacheControl):
                    Join(ref cacheControl, line.Value);
                    break;
                case 13 when Is(line, FieldNames.IfNoneMatch):
                    Join(ref facts.IfNoneMatch, line.Value);
                    break;
                case 13 when Is(line, FieldNames.Authorization):
                    facts.HasAuthorization = true;
                    break;
                case 13 when Is(line, "X-HTTP-Method") || Is(line, "X-Rewrite-URL"):
                case 14 when Is(line, "X-Original-URL"):
                case 17 when Is(line, "X-Method-Override"):
                case 22 when Is(line, "X-HTTP-Method-Override"):
                    facts.IsDiverted = true;
                    break;
                case 14 when Is(line, FieldNames.ContentLength):
                    facts.HasBody |= line.Value != "0";
                    break;
                case 17 when Is(line, FieldNames.TransferEncoding):
                    facts.HasBody = true;
                    break;
                case 17 when Is(line, FieldNames.IfModifiedSince):
                    Join(ref facts.IfModifiedSince, line.Value);
                    break;
                case 19 when Is(line, FieldNames.IfUnmodifiedSince):
                    facts.HasOriginCondition = true;
                    break;
            }
        }
        facts.Directives = cacheControl is null && pragma is null
            ? RequestDirectives.None
            : RequestDirectives.Parse(cacheControl, pragma);
        return facts;
    }

    private static bool Is(in Field line, string name) => FieldList.SameName(line.Name, name);

    private static void Join(ref string? value, string line) => value = value is null ? line : value + ", " + line;
}
