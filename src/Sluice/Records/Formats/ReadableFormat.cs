using Sluice.Policy;

namespace Sluice.Records.Formats;

/// <summary>One line for people, what is short and aligned first:
/// <code>
/// 2026-11-23 21:49:14  127.0.0.1        200  HIT           1.2 KiB    12 ms  GET http://example.com/a.txt
/// </code>
/// and behind the URL what was unusual: the rule that refused, the error. Of a tunnel or relay the bytes are those of
/// both directions.</summary>
/// <param name="zone">The zone of the times: the reader's.</param>
internal sealed class ReadableFormat(TimeZoneInfo zone) : IRecordFormat
{
    private const int ClientWidth = 15;
    private const int WordWidth = 11;
    private const int BytesWidth = 9;
    private const int DurationWidth = 8;

    public void Write(ExchangeRecord record, LineBuffer to)
    {
        PutTime(record.Time, to);
        to.Put("  "u8);
        PutClient(record, to);
        if (record.Status > 0)
            to.Put("  "u8).Put(record.Status);
        else
            to.Put("    -"u8);
        to.Put("  "u8);
        var start = to.Length;
        to.Put(Word(record)).PadTo(start, WordWidth);
        PutBytes(record.Kind == RecordKind.Http ? record.ResponseBytes : record.RequestBytes + record.ResponseBytes, to);
        to.Put("  "u8);
        PutDuration(record.Duration, to);
        to.Put("  "u8);
        PutRequest(record, to);
        PutRemarks(record, to);
        to.Put((byte)'\n');
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to)
    {
        PutTime(now, to);
        to.Put("  "u8).Put(count).Put(" records were dropped here: they could not be written in time\n"u8);
    }

    private void PutTime(DateTimeOffset time, LineBuffer to) =>
        to.Put(TimeZoneInfo.ConvertTime(time, zone).DateTime, "yyyy-MM-dd HH:mm:ss");

    private static void PutClient(ExchangeRecord record, LineBuffer to)
    {
        var start = to.Length;
        if (record.User is { Length: > 0 } user)
            to.Put(user, SafeText.Bare, "\\x"u8).Put((byte)'@');
        if (record.Client is { } client)
            to.Put(client.Address);
        else
            to.Put((byte)'-');
        to.PadTo(start, ClientWidth);
    }

    private static ReadOnlySpan<byte> Word(ExchangeRecord record)
    {
        if (record.Verdict.Denies)
            return "DENIED"u8;
        if (record.Kind == RecordKind.Relay)
            return "RELAY"u8;
        if (record.Kind != RecordKind.Http)
            return record.Status is 101 or (>= 200 and < 300) ? "TUNNEL"u8 : "-"u8;
        return record.Cache == CacheUse.None ? "-"u8 : CacheUses.Name(record.Cache);
    }

    // As 1023 B, 1.0 KiB, 9.9 KiB, 10 KiB, 999 MiB.
    private static void PutBytes(long bytes, LineBuffer to)
    {
        ReadOnlySpan<string> units = [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        PutAligned(value, unit > 0 && value < 9.95 ? "0.0" : "0", units[unit], BytesWidth, to);
    }

    private static void PutDuration(TimeSpan duration, LineBuffer to)
    {
        var ms = duration.TotalMilliseconds;
        if (ms < 9999.5)
            PutAligned(ms, ms < 9.95 ? "0.0" : "0", " ms", DurationWidth, to);
        else
            PutAligned(duration.TotalSeconds, "0.0", " s", DurationWidth, to);
    }

    private static void PutAligned(double value, string format, string unit, int width, LineBuffer to)
    {
        Span<byte> digits = stackalloc byte[32];
        value.TryFormat(digits, out var length, format, System.Globalization.CultureInfo.InvariantCulture);
        to.PadTo(to.Length, width - length - unit.Length).Put(digits[..length]).Put(unit, SafeText.Quoted, "\\x"u8);
    }

    private static void PutRequest(ExchangeRecord record, LineBuffer to)
    {
        if (record.Kind == RecordKind.Relay)
            to.Put("to"u8);
        else
            to.Put(record.Method ?? "-", SafeText.Bare, "\\x"u8);
        to.Put((byte)' ');
        var rest = SafeText.WithoutUserInfo(record.Url ?? "-", out var scheme);
        to.Put(scheme, SafeText.Bare, "\\x"u8).Put(rest, SafeText.Bare, "\\x"u8);
    }

    private static void PutRemarks(ExchangeRecord record, LineBuffer to)
    {
        if (record.Verdict.Denies || record.Verdict.Reports)
        {
            to.Put(record.Verdict.Denies ? "  refused by "u8 : "  would be refused by "u8).Put(record.Verdict.Rule ?? "the policy's default", SafeText.Quoted, "\\x"u8);
            if (record.Verdict.List is { } list)
                to.Put(", "u8).Put(list, SafeText.Quoted, "\\x"u8).Put((byte)':').Put(record.Verdict.Line);
        }
        if ((record.Tls & ~(TlsFacts.Match | TlsFacts.Ech)) != 0)
            to.Put("  "u8).Put(record.Tls.Text()!, SafeText.Bare, "\\x"u8);
        if ((record.Tls & (TlsFacts.Mismatch | TlsFacts.ByAddress)) != 0)
            to.Put((byte)' ').Put(record.ServerName ?? "", SafeText.Bare, "\\x"u8);
        if (record.Error is { } error)
        {
            to.Put("  "u8).Put(error, SafeText.Quoted, "\\x"u8);
            if (record.ErrorDetail is { } detail)
                to.Put(": "u8).Put(detail, SafeText.Quoted, "\\x"u8);
        }
        if (record.ClientGone)
            to.Put("  the client left"u8);
    }
}
