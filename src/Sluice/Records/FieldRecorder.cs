using Sluice.Http;

namespace Sluice.Records;

/// <summary>Takes the fields that <c>logs.fields</c> names into records, without what is not to be read: credentials are never, cookies by their names,
/// and where client addresses are cut none that a field tells. Immutable.</summary>
public sealed class FieldRecorder
{
    private static readonly string[] Credentials = ["Authorization", "Proxy-Authorization"];
    private static readonly string[] Addresses = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP"];

    private readonly RecordedName[] _ofRequests;
    private readonly RecordedName[] _ofResponses;
    private readonly string[] _cookies;
    private readonly string[] _hidden;

    private FieldRecorder(LogOptions options)
    {
        _ofRequests = [.. options.RequestFields.Select(name => new RecordedName(name, isOfResponse: false))];
        _ofResponses = [.. options.ResponseFields.Select(name => new RecordedName(name, isOfResponse: true))];
        _cookies = [.. options.Redact.Cookies];
        _hidden = [.. Credentials, .. options.Anonymise is null ? [] : Addresses, .. options.Redact.Headers];
    }

    /// <summary>Null: none are to be recorded.</summary>
    public static FieldRecorder? Of(LogOptions options) => options.RequestFields.Count + options.ResponseFields.Count > 0 ? new FieldRecorder(options) : null;

    public void TakeRequest(FieldList fields, ExchangeRecord record) => Take(_ofRequests, fields, record);

    /// <summary>In place of those of a response that was not sent after all.</summary>
    public void TakeResponse(FieldList fields, ExchangeRecord record)
    {
        record.Fields = record.Fields?.Where(field => !field.Name.IsOfResponse).ToList();
        Take(_ofResponses, fields, record);
    }

    private void Take(RecordedName[] names, FieldList fields, ExchangeRecord record)
    {
        foreach (var name in names)
            if (fields.Get(name.Name) is not null)
                record.Fields = [.. record.Fields ?? [], new RecordedValue(name, ValueOf(name.Name, fields))];
    }

    private string ValueOf(string name, FieldList fields)
    {
        if (Redaction.Matches(_hidden, name))
            return Redaction.Mark;
        if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            return string.Join("; ", LinesOf(name, fields).SelectMany(line => line.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(WithoutValue));
        return string.Join(", ", LinesOf(name, fields).Select(line => name.Equals(FieldNames.SetCookie, StringComparison.OrdinalIgnoreCase) ? SetCookie(line) : line));
    }

    private static IEnumerable<string> LinesOf(string name, FieldList fields) =>
        fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);

    // The attributes behind the first semicolon are no secret.
    private string SetCookie(string line)
    {
        var end = line.IndexOf(';');
        return end < 0 ? WithoutValue(line) : WithoutValue(line[..end]) + line[end..];
    }

    /// <summary>A pair without a name (RFC 6265bis s.5.6) is all value.</summary>
    private string WithoutValue(string pair)
    {
        var equals = pair.IndexOf('=');
        var name = equals < 0 ? "" : pair[..equals].Trim();
        return name.Length == 0 ? Redaction.Mark : Redaction.Matches(_cookies, name) ? $"{name}={Redaction.Mark}" : pair;
    }
}
