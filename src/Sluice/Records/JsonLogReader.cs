// Reading an access log in JSON.
//
// What: one pass over lines of any number, in memory for one line. Strategy: a block of octets that is filled, taken apart at line ends and filled again
// behind what is left; it grows to the longest line that is read. Facts: a line that is no record is counted, and the first few are kept with
// their reasons: logs end in the middle of a line, and other programs write into them, too.
using System.Text.Json;

namespace Sluice.Records;

/// <summary>Reads a log once, from its start.</summary>
public sealed class JsonLogReader(Stream log)
{
    /// <summary>A record is a few hundred octets; its URL is at most <c>limits.maxRequestLine</c>.</summary>
    public const int LongestLine = 1 << 20;

    /// <summary>Lines that could not be read are kept so far with their reasons.</summary>
    public const int UnreadKept = 10;

    private const int FirstBlock = 128 << 10;

    private readonly List<string> _unread = [];
    private byte[] _block = new byte[FirstBlock];
    private int _begin;
    private int _end;
    private bool _isCutOff;

    /// <summary>How many lines there were so far.</summary>
    public long Lines { get; private set; }

    /// <summary>How many of them are no records.</summary>
    public long UnreadLines { get; private set; }

    /// <summary>The first of them: <c>17: reason</c>.</summary>
    public IReadOnlyList<string> Unread => _unread;

    /// <summary>How many records the log itself says are missing.</summary>
    public long Missing { get; private set; }

    /// <summary>Every record, in the order of the log.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public IEnumerable<LoggedExchange> Read()
    {
        while (NextLine() is { } line)
            if (Parse(line) is { } record)
                yield return record;
    }

    /// <summary>Counts a record that says what cannot be to the lines that are not understood.</summary>
    public void Refuse(LoggedExchange record, string why) => NoteUnread(record.Line, why);

    /// <summary>Where the next line lies in the block; null at the end of the log. The last line may lack its end.</summary>
    private (int Begin, int Length)? NextLine()
    {
        for (var searched = _begin; ;)
        {
            var length = _block.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = (_begin, searched + length - _begin);
                _begin = searched + length + 1;
                return line;
            }
            if (!Fill(out searched))
            {
                var last = (_begin, _end - _begin);
                _begin = _end;
                return last is (_, 0) && !_isCutOff ? null : last;
            }
        }
    }

    /// <summary>Reads on behind what is left; false at the end.</summary>
    private bool Fill(out int from)
    {
        _block.AsSpan(_begin, _end - _begin).CopyTo(_block);
        (_begin, _end) = (0, _end - _begin);
        if (_end == LongestLine)
            (_end, _isCutOff) = (0, true);
        else if (_end == _block.Length)
            Array.Resize(ref _block, _end * 2);
        from = _end;
        _end += log.Read(_block.AsSpan(_end));
        return _end > from;
    }

    private LoggedExchange? Parse((int Begin, int Length) at)
    {
        Lines++;
        var isCutOff = _isCutOff;
        _isCutOff = false;
        var line = _block.AsSpan(at.Begin, at.Length).Trim(" \t\r"u8);
        if (line.IsEmpty && !isCutOff)
            return null;
        try
        {
            if (isCutOff)
                NoteUnread(Lines, $"has more than {LongestLine} octets");
            else if (JsonSerializer.Deserialize<LoggedExchange>(line) is not { } record)
                NoteUnread(Lines, "is no record");
            else if (record.Dropped > 0)
                Missing += record.Dropped;
            else if (record.Kind is null)
                NoteUnread(Lines, "is no record: it has no kind");
            else
                return record with { Line = Lines };
        }
        catch (JsonException)
        {
            NoteUnread(Lines, "is no record in JSON");
        }
        return null;
    }

    private void NoteUnread(long line, string why)
    {
        UnreadLines++;
        if (_unread.Count < UnreadKept)
            _unread.Add($"{line}: {why}");
    }
}
