using System.IO.Enumeration;

namespace Sluice.Http;

/// <summary>What Content-Type names, without its parameters (RFC 9110 s.8.3.1).</summary>
internal static class MediaType
{
    /// <param name="globs">Such as <c>image/*</c>; without regard to case.</param>
    public static bool Matches(string[] globs, FieldList fields)
    {
        var value = fields.Get(FieldNames.ContentType).AsSpan();
        var end = value.IndexOf(';');
        var type = (end < 0 ? value : value[..end]).Trim();
        foreach (var glob in globs)
            if (FileSystemName.MatchesSimpleExpression(glob, type, ignoreCase: true))
                return true;
        return false;
    }
}
