namespace Sluice.Records.Gauging;

/// <summary>The last records, as many as fit: clients choose how long their URLs are.</summary>
internal sealed class RecentRecords
{
    public const int Most = 4000;
    private const int MostChars = 8 << 20;

    private readonly Queue<ExchangeRecord> _records = new(Most);
    private long _chars;

    public void Add(ExchangeRecord record)
    {
        _records.Enqueue(record);
        _chars += CharsOf(record);
        while (_records.Count > Most || _chars > MostChars)
            _chars -= CharsOf(_records.Dequeue());
    }

    /// <summary>The oldest first.</summary>
    public ExchangeRecord[] ToArray() => _records.ToArray();

    private static int CharsOf(ExchangeRecord record)
    {
        var chars = (record.Url?.Length ?? 0) + (record.Referer?.Length ?? 0) + (record.UserAgent?.Length ?? 0) + (record.ErrorDetail?.Length ?? 0);
        if (record.Fields is { } fields)
            foreach (var field in fields)
                chars += field.Value.Length;
        return chars;
    }
}
