namespace Sluice.Records.Formats;

/// <summary>Writes records as lines, on any thread. Whatever a record's strings hold, one record is one
/// line without control characters but its final LF; ASCII, or UTF-8 in JSON.</summary>
internal interface IRecordFormat
{
    void Write(ExchangeRecord record, LineBuffer to);

    /// <summary>A line that says that records are missing here; one that no client can forge, and that readers of the format do not take for a request.</summary>
    void WriteDropped(long count, DateTimeOffset now, LineBuffer to);
}
