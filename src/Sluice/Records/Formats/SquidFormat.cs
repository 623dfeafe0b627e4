using System.Net;

namespace Sluice.Records.Formats;

/// <summary>Squid's native format:
/// <c>time.ms elapsed client result/status bytes method URL user hierarchy/peer type</c>.
/// The time is the end of the exchange, as Squid's is. What is not printable ASCII is <c>%HH</c>; absent fields are <c>-</c>.</summary>
internal sealed class SquidFormat : IRecordFormat
{
    public void Write(ExchangeRecord record, LineBuffer to)
    {
        var end = (record.Time + record.Duration).ToUnixTimeMilliseconds();
        to.Put(end / 1000).Put((byte)'.').Put(end % 1000, "000").Put((byte)' ');
        var start = to.Length;
        var elapsed = (long)record.Duration.TotalMilliseconds;
        // Squid's "%6tr": right-aligned in six columns.
        to.PadTo(start, 6 - Digits(elapsed)).Put(elapsed).Put((byte)' ');
        PutAddress(record.Client, to);
        to.Put((byte)' ').Put(Result(record));
        if (record.ClientGone)
            to.Put("_ABORTED"u8);
        to.Put((byte)'/').Put(record.Status, "000").Put((byte)' ').Put(record.ResponseBytes).Put((byte)' ');
        PutText(record.Kind == RecordKind.Relay ? "RELAY" : record.Method, to);
        to.Put((byte)' ');
        PutUrl(record.Url, to);
        to.Put((byte)' ');
        PutText(record.User, to);
        to.Put(record.Upstream is null ? " HIER_NONE/"u8 : " HIER_DIRECT/"u8);
        PutAddress(record.Upstream, to);
        to.Put((byte)' ');
        PutText(MediaType(record.ContentType), to);
        to.Put((byte)'\n');
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to) =>
        to.Put("# "u8).Put(now.UtcDateTime, "s").Put("Z "u8).Put(count).Put(" records were dropped here\n"u8);

    // Squid's words for what happened (its manual's "Squid result codes").
    private static ReadOnlySpan<byte> Result(ExchangeRecord record)
    {
        if (record.Verdict.Denies)
            return "TCP_DENIED"u8;
        if (record.Kind != RecordKind.Http)
            return record.Upstream is null ? "NONE_NONE"u8 : "TCP_TUNNEL"u8;
        return record.Cache switch
        {
            CacheUse.Hit => "TCP_HIT"u8,
            CacheUse.Revalidated => "TCP_REFRESH_UNMODIFIED"u8,
            CacheUse.Stale => "TCP_REFRESH_FAIL_OLD"u8,
            CacheUse.None when record.Upstream is null => "NONE_NONE"u8,
            _ => "TCP_MISS"u8,
        };
    }

    private static void PutAddress(IPEndPoint? end, LineBuffer to)
    {
        if (end is null)
            to.Put((byte)'-');
        else
            to.Put(end.Address);
    }

    private static void PutUrl(string? url, LineBuffer to)
    {
        if (string.IsNullOrEmpty(url))
        {
            to.Put((byte)'-');
            return;
        }
        var rest = SafeText.WithoutUserInfo(url, out var scheme);
        to.Put(scheme, SafeText.Bare, "%"u8).Put(rest, SafeText.Bare, "%"u8);
    }

    private static void PutText(ReadOnlySpan<char> text, LineBuffer to)
    {
        if (text.IsEmpty)
            to.Put((byte)'-');
        else
            to.Put(text, SafeText.Bare, "%"u8);
    }

    // Without parameters, as Squid's.
    private static ReadOnlySpan<char> MediaType(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        return (end < 0 ? contentType : contentType[..end]).Trim();
    }

    private static int Digits(long value) => value < 10 ? 1 : 1 + Digits(value / 10);
}
