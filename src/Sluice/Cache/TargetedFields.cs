using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// Fields that say the same as Cache-Control to some caches only (RFC 9213). The first one on the list that is there, is a
/// well-formed dictionary and is not empty takes the place of Cache-Control and Expires (s.2.2).
/// <para>CDN-Cache-Control speaks to caches that stand before an origin on its behalf (s.3): in reverse form we are one, in
/// forward form we are not, and an origin that lets its CDN keep what it forbids to others must be heard.</para>
/// </summary>
internal static class TargetedFields
{
    private static readonly string[] Forward = ["Sluice-Cache-Control"];
    private static readonly string[] Reverse = ["Sluice-Cache-Control", "CDN-Cache-Control"];

    /// <summary>The target list.</summary>
    public static string[] Of(in CacheKey key) => key.Scope.Length == 0 ? Forward : Reverse;

    public static bool TryRead(FieldList fields, string[] targets, out ResponseDirectives directives)
    {
        foreach (var name in targets)
            if (fields.Get(name) is { } value && ResponseDirectives.TryReadTargeted(value, out directives))
                return true;
        directives = default;
        return false;
    }
}
