using System.Buffers;
using Sluice.Http;

namespace Sluice.Records.Formats;

/// <summary>Apache's combined format:
/// <c>client - user [time] "request" status bytes "referer" "user agent"</c>.
/// What is not printable ASCII, quotes and backslashes are <c>\xHH</c>; absent fields are <c>-</c>, long ones are cut.</summary>
internal sealed class CombinedFormat : IRecordFormat
{
    // goaccess takes what is behind 4,095 bytes for another line.
    private const int LongestLine = 4095;

    public void Write(ExchangeRecord record, LineBuffer to)
    {
        var begin = to.Length;
        WriteLine(record, to);
        for (var longest = 1024; to.Length - begin > LongestLine; longest /= 2)
        {
            to.CutTo(begin);
            WriteLine(record.Shortened(longest), to);
        }
    }

    private static void WriteLine(ExchangeRecord record, LineBuffer to)
    {
        if (record.Client is { } client)
            to.Put(client.Address);
        else
            to.Put((byte)'-');
        to.Put(" - "u8);
        PutText(record.User, SafeText.Bare, to);
        // Invariant, English month names: RFC 9110 has no part in this, Apache's %t has.
        to.Put(" ["u8).Put(record.Time.UtcDateTime, "dd/MMM/yyyy:HH:mm:ss").Put(" +0000] \""u8);
        PutRequest(record, to);
        to.Put("\" "u8).Put(Status(record)).Put((byte)' ');
        if (record.ResponseBytes > 0)
            to.Put(record.ResponseBytes);
        else
            to.Put((byte)'-');
        to.Put(" \""u8);
        PutUrl(record.Referer, to);
        to.Put("\" \""u8);
        PutText(record.UserAgent, SafeText.Quoted, to);
        to.Put("\"\n"u8);
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to) =>
        to.Put("# "u8).Put(now.UtcDateTime, "s").Put("Z "u8).Put(count).Put(" records were dropped here\n"u8);

    // Readers such as goaccess refuse a line without an HTTP status. Where none was sent: nginx's 499 if the client
    // left first, else what a gateway would have said.
    private static int Status(ExchangeRecord record) =>
        record.Status > 0 ? record.Status
        : record.ClientGone ? 499
        : record.Error is null ? 200
        : 502;

    // A relay has no request line: its method is RELAY, its version TCP.
    private static void PutRequest(ExchangeRecord record, LineBuffer to)
    {
        if (record.Kind == RecordKind.Relay)
        {
            to.Put("RELAY "u8);
            PutUrl(record.Url, to);
            to.Put(" TCP"u8);
            return;
        }
        if (record.Method is null && record.Url is null)
        {
            to.Put((byte)'-');
            return;
        }
        PutText(record.Method, SafeText.Bare, to);
        to.Put((byte)' ');
        PutUrl(record.Url, to);
        if (record.Protocol is { } version)
            to.Put((byte)' ').Put(version.Name(), SafeText.Bare, "\\x"u8);
    }

    private static void PutUrl(string? url, LineBuffer to)
    {
        if (string.IsNullOrEmpty(url))
        {
            to.Put((byte)'-');
            return;
        }
        var rest = SafeText.WithoutUserInfo(url, out var scheme);
        to.Put(scheme, SafeText.Bare, "\\x"u8).Put(rest, SafeText.Bare, "\\x"u8);
    }

    private static void PutText(string? text, SearchValues<char> plain, LineBuffer to)
    {
        if (string.IsNullOrEmpty(text))
            to.Put((byte)'-');
        else
            to.Put(text, plain, "\\x"u8);
    }
}
