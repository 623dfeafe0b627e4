// What nobody is to read in records.
//
// What: values of query parameters, the ends of client addresses. (Cookies and fields are never taken into a record: FieldRecorder.)
// Strategy: once for each record, before any output has it; where nothing is configured there is no object of this class at all. Query parameters are looked for in every
//   text that may be or quote a URL. Whatever some reader may take for the beginning of a parameter begins one, and a value ends only where every reader ends it:
//   rather too much is hidden than too little.
using System.IO.Enumeration;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Records;

/// <summary>Takes out of records what section <c>logs</c> says nobody is to read. Immutable.</summary>
public sealed class Redaction
{
    /// <summary>What stands for a value.</summary>
    public const string Mark = "REDACTED";

    private readonly string[] _query;
    private readonly AnonymityOptions? _anonymity;

    private Redaction(LogOptions options) => (_query, _anonymity) = ([.. options.Redact.Query], options.Anonymise);

    /// <summary>Null: nothing is to be taken out.</summary>
    public static Redaction? Of(LogOptions options) => options.Redact.Query.Count > 0 || options.Anonymise is not null ? new Redaction(options) : null;

    /// <summary>Applies it to a record that nobody judges by any more.</summary>
    public void Apply(ExchangeRecord record)
    {
        record.Client = Client(record.Client);
        if (_query.Length == 0)
            return;
        record.Url = Text(record.Url);
        record.Referer = Text(record.Referer);
        record.ErrorDetail = Text(record.ErrorDetail);
        if (record.Fields is { } fields)
            record.Fields = [.. fields.Select(field => field with { Value = Text(field.Value)! })];
    }

    /// <summary>A client's address as it may be shown; its port is 0 where the address is cut.</summary>
    public IPEndPoint? Client(IPEndPoint? client)
    {
        if (client is null || _anonymity is null)
            return client;
        var address = client.Address.IsIPv4MappedToIPv6 ? client.Address.MapToIPv4() : client.Address;
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? _anonymity.Ipv4 : _anonymity.Ipv6;
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out var length);
        for (var i = 0; i < length; i++)
            octets[i] &= (byte)(0xff00 >> Math.Clamp(bits - i * 8, 0, 8));
        return new IPEndPoint(new IPAddress(octets[..length]), 0);
    }

    /// <summary>A URL, or a sentence that may quote one, as it may be shown.</summary>
    public string? Text(string? text)
    {
        var at = _query.Length == 0 ? -1 : text.AsSpan().IndexOfAny('?', '#');
        return at < 0 ? text : Cleaned(text!, at);
    }

    private string Cleaned(string text, int at)
    {
        StringBuilder? cleaned = null;
        var copied = 0;
        // At the octet before a parameter.
        while (at < text.Length)
        {
            var begin = at + 1;
            var end = IndexOfAny(text, "=?&;#", begin);
            at = end;
            if (end == text.Length || text[end] != '=')
                continue;
            if (!IsRedacted(text.AsSpan(begin, end - begin)))
            {
                at = IndexOfAny(text, "?&;#", end);
                continue;
            }
            at = IndexOfAny(text, "&#", end);
            (cleaned ??= new StringBuilder(text.Length)).Append(text, copied, end + 1 - copied).Append(Mark);
            copied = at;
        }
        return cleaned?.Append(text, copied, text.Length - copied).ToString() ?? text;
    }

    private bool IsRedacted(ReadOnlySpan<char> name)
    {
        if (name.ContainsAny('%', '+'))
            name = Uri.UnescapeDataString(name.ToString().Replace('+', ' '));
        return Matches(_query, name);
    }

    internal static bool Matches(ReadOnlySpan<string> globs, ReadOnlySpan<char> name)
    {
        foreach (var glob in globs)
            if (FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: true))
                return true;
        return false;
    }

    private static int IndexOfAny(string text, string chars, int from) =>
        text.AsSpan(from).IndexOfAny(chars) is >= 0 and var found ? from + found : text.Length;
}
