namespace Sluice.Records.Gauging;

/// <summary>The last records, as many as fit: clients choose how long their URLs are. Where more come in a second than there is room for, its first ones: to keep
/// each for the blink of an eye until the next drives it out costs several times what counting it does, as none dies young then.</summary>
internal sealed class RecentRecords
{
    public const int Most = 4000;
    private const int MostChars = 4 << 20;

    private readonly Queue<(ExchangeRecord Record, int Chars)> _records = new(Most);
    private long _chars;
    private int _thisSecond;

    public void Add(ExchangeRecord record)
    {
        if (_thisSecond == Most)
            return;
        _thisSecond++;
        var chars = CharsOf(record);
        _records.Enqueue((record, chars));
        _chars += chars;
        while (_records.Count > Most || _chars > MostChars)
            _chars -= _records.Dequeue().Chars;
    }

    /// <summary>A second begins.</summary>
    public void Begin() => _thisSecond = 0;

    /// <summary>The oldest first.</summary>
    public ExchangeRecord[] ToArray() => [.. _records.Select(held => held.Record)];

    private static int CharsOf(ExchangeRecord record)
    {
        var chars = (record.Url?.Length ?? 0) + (record.Referer?.Length ?? 0) + (record.UserAgent?.Length ?? 0) + (record.ErrorDetail?.Length ?? 0);
        if (record.Fields is { } fields)
            foreach (var field in fields)
                chars += field.Value.Length;
        return chars;
    }
}
