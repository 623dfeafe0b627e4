namespace Sluice.Records.Formats;

/// <summary>Writes records as lines. Used by one writer at a time. Whatever a record's strings hold, one record is one
/// line without control characters but its final LF; ASCII, or UTF-8 in JSON.</summary>
internal interface IRecordFormat
{
    void Write(ExchangeRecord record, LineBuffer to);

    /// <summary>A line that says that records are missing here; nothing in formats that other programs read line by line.</summary>
    void WriteDropped(long count, DateTimeOffset now, LineBuffer to);
}
