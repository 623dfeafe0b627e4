using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Records.Metering;

/// <summary>What clients and origins choose, brought to a bounded number of labels.</summary>
internal static class KnownLabels
{
    /// <summary>What stands for every method that is not known (OpenTelemetry's semantic conventions for HTTP).</summary>
    public const string OtherMethod = "_OTHER";

    /// <summary>RFC 9110 s.9.3, RFC 5789 and RFC 10008.</summary>
    public static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", OtherMethod];

    public const int NoStatus = 0;

    /// <summary>At index 0 no status at all; then those that are registered, and x00 for the others of each class (RFC 9110 s.15).</summary>
    public static readonly int[] Statuses = [NoStatus, .. Enumerable.Range(100, 500).Where(status => status % 100 == 0 || ReasonPhrases.GetReasonPhrase(status).Length > 0)];

    private static readonly byte[] StatusPlaces = [.. Enumerable.Range(0, 600).Select(PlaceOf)];

    public static int Method(string? method) => method switch
    {
        "GET" => 0,
        "HEAD" => 1,
        "POST" => 2,
        "PUT" => 3,
        "DELETE" => 4,
        "CONNECT" => 5,
        "OPTIONS" => 6,
        "TRACE" => 7,
        "PATCH" => 8,
        "QUERY" => 9,
        _ => 10,
    };

    /// <summary>Where it stands in <see cref="Statuses"/>.</summary>
    public static int Status(int status) => (uint)status < (uint)StatusPlaces.Length ? StatusPlaces[status] : 0;

    private static byte PlaceOf(int status) =>
        (byte)(status < 100 ? 0 : Array.IndexOf(Statuses, status) is > 0 and var place ? place : Array.IndexOf(Statuses, status / 100 * 100));
}
