using System.Globalization;
using Sluice.Http;

namespace Sluice.Forwarding;

/// <summary>Nothing, in the type that was asked for: a page whose images and scripts are refused stays whole. What is wanted stands in
/// Sec-Fetch-Dest (W3C Fetch Metadata), else in Accept.</summary>
internal static class EmptyAnswer
{
    /// <summary>One transparent pixel (GIF89a).</summary>
    private static readonly byte[] Pixel = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    public static OwnAnswer To(RequestHead request)
    {
        var type = TypeOf(request.Fields);
        var body = type == "image/gif" ? Pixel : [];
        return new OwnAnswer(
            new FieldList([
                new(FieldNames.ContentType, type),
                new(FieldNames.ContentLength, body.Length.ToString(CultureInfo.InvariantCulture)),
                new(FieldNames.CacheControl, "no-store")]),
            request.Method == Methods.Head ? [] : body);
    }

    private static string TypeOf(FieldList fields) => fields.Get("Sec-Fetch-Dest") switch
    {
        "image" => "image/gif",
        "script" or "worker" or "sharedworker" or "serviceworker" => "text/javascript",
        "style" => "text/css",
        "document" or "iframe" or "frame" => "text/html",
        null when fields.Get(FieldNames.Accept) is { } accept =>
            accept.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ? "image/gif"
            : accept.StartsWith("text/css", StringComparison.OrdinalIgnoreCase) ? "text/css"
            : accept.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) ? "text/html"
            : "text/plain",
        _ => "text/plain",
    };
}
