using System.Text;

namespace Sluice.Records;

/// <summary>The name of a field of a request or response that is recorded beside the others (<c>logs.fields</c>).</summary>
public sealed class RecordedName
{
    public RecordedName(string name, bool isOfResponse)
    {
        (Name, IsOfResponse) = (name, isOfResponse);
        Attribute = $"http.{(isOfResponse ? "response" : "request")}.header.{name.ToLowerInvariant()}";
        Key = RecordField.KeyOf(Attribute);
        JsonBegin = Encoding.ASCII.GetBytes($",\"{Key}\":\"");
    }

    /// <summary>As configured: <c>X-Request-Id</c>.</summary>
    public string Name { get; }

    public bool IsOfResponse { get; }

    /// <summary>In OpenTelemetry: <c>http.request.header.x-request-id</c>, whose value is a list of strings; here it is one, its lines joined.</summary>
    public string Attribute { get; }

    /// <summary>As <see cref="RecordField.Key"/>: <c>http_request_header_x_request_id</c>.</summary>
    public string Key { get; }

    internal byte[] JsonBegin { get; }
}

/// <param name="Value">Latin-1, as received, its lines joined by ", "; without what is not to be read.</param>
public readonly record struct RecordedValue(RecordedName Name, string Value);
