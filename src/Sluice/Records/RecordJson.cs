using Sluice.Records.Formats;

namespace Sluice.Records;

/// <summary>Records as the access log in JSON has them, one object each, for whoever hands records on. Not safe for concurrent use.</summary>
public sealed class RecordJson
{
    private readonly JsonFormat _format = new();
    private readonly LineBuffer _buffer = new(1 << 10);

    /// <summary>UTF-8 without an end of line; valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ExchangeRecord record)
    {
        _buffer.Clear();
        _format.Write(record, _buffer);
        return _buffer.Written[..^1];
    }
}
