using Sluice.Records.Formats;

namespace Sluice.Records;

/// <summary>Records as the lines of an access log, for whoever shows them elsewhere. Not safe for concurrent use.</summary>
/// <param name="zone">Of the times of <see cref="LogFormat.Readable"/>; the others have their own.</param>
public sealed class RecordLines(LogFormat format, TimeZoneInfo zone)
{
    private readonly LineBuffer _line = new(1 << 10);
    private readonly IRecordFormat _format = format switch
    {
        LogFormat.Json => new JsonFormat(),
        LogFormat.Combined => new CombinedFormat(),
        LogFormat.Squid => new SquidFormat(),
        _ => new ReadableFormat(zone),
    };

    /// <summary>Without its end; UTF-8, valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ExchangeRecord record)
    {
        _line.Clear();
        _format.Write(record, _line);
        return _line.Written[..^1];
    }

    /// <summary>The same of records that are missing.</summary>
    public ReadOnlySpan<byte> OfDropped(long count, DateTimeOffset time)
    {
        _line.Clear();
        _format.WriteDropped(count, time, _line);
        return _line.Written[..^1];
    }

    /// <summary>Of a row of the history.</summary>
    public ReadOnlySpan<byte> Of(StoredRecord row) => row.Record is { } record ? Of(record) : OfDropped(row.Dropped, row.Time);
}
