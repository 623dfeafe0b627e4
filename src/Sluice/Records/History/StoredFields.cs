using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Records.History;

/// <summary>The fields that <c>logs.fields</c> names, in their one column: an object in JSON.</summary>
internal static class StoredFields
{
    private const string OfRequest = "http_request_header_";
    private const string OfResponse = "http_response_header_";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(IReadOnlyList<RecordedValue> fields) =>
        JsonSerializer.Serialize(fields.DistinctBy(field => field.Name.Key).ToDictionary(field => field.Name.Key, field => field.Value), Plain);

    /// <summary>Their names as far as their keys tell them: without case, and every sign in them an underscore.</summary>
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

    private static RecordedName NameOf(string key) => key.StartsWith(OfResponse, StringComparison.Ordinal)
        ? new RecordedName(key[OfResponse.Length..], isOfResponse: true)
        : new RecordedName(key.StartsWith(OfRequest, StringComparison.Ordinal) ? key[OfRequest.Length..] : key, isOfResponse: false);
}
