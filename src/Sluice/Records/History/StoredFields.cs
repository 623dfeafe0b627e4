using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Records.History;

/// <summary>The fields that <c>logs.fields</c> names, in their one column: an object in JSON, its members by OpenTelemetry's names, <c>http.request.header.x-request-id</c>.</summary>
internal static class StoredFields
{
    private const string OfRequest = "http.request.header.";
    private const string OfResponse = "http.response.header.";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(IReadOnlyList<RecordedValue> fields) =>
        JsonSerializer.Serialize(fields.DistinctBy(field => field.Name.Attribute).ToDictionary(field => field.Name.Attribute, field => field.Value), Plain);

    /// <summary>Their names are in lower case.</summary>
    public static IReadOnlyList<RecordedValue>? Read(string text)
    {
        try
        {
            return [.. JsonSerializer.Deserialize<Dictionary<string, string>>(text)!.Select(field => new RecordedValue(NameOf(field.Key), field.Value))];
        }
        catch (JsonException)
        {
            // Somebody has changed it by hand.
            return null;
        }
    }

    private static RecordedName NameOf(string attribute) => attribute.StartsWith(OfResponse, StringComparison.Ordinal)
        ? new RecordedName(attribute[OfResponse.Length..], isOfResponse: true)
        : new RecordedName(attribute.StartsWith(OfRequest, StringComparison.Ordinal) ? attribute[OfRequest.Length..] : attribute, isOfResponse: false);
}
