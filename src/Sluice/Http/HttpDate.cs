using System.Globalization;

namespace Sluice.Http;

/// <summary>
/// HTTP-date (RFC 9110 s.5.6.7): one format is written, three are read.
/// <code>
/// Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate, the one we write
/// Sunday, 06-Nov-94 08:49:37 GMT   RFC 850, two digits of year
/// Sun Nov  6 08:49:37 1994         asctime, the day padded by a blank
/// </code>
/// Strict is the grammar, letter case included. Lenient is what RFC 9111 s.4.2 asks of a cache: any letter case;
/// a zone other than GMT stays invalid. The day's name is not compared with the date: it carries nothing.
/// </summary>
public static class HttpDate
{
    private static readonly string[] Months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    private static readonly string[] Days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    private static readonly string[] LongDays =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static Formatted _last = new(0, "Mon, 01 Jan 0001 00:00:00 GMT");

    /// <summary>IMF-fixdate; the string of the second asked for last is kept, so Date costs nothing.</summary>
    public static string Format(DateTimeOffset moment)
    {
        var second = moment.UtcTicks / TimeSpan.TicksPerSecond;
        var last = _last;
        if (last.Second == second)
            return last.Text;
        var text = moment.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        _last = new Formatted(second, text);
        return text;
    }

    /// <summary>The grammar of RFC 9110 to the letter.</summary>
    /// <param name="now">Places the two-digit year of RFC 850: never more than 50 years ahead.</param>
    public static bool TryParse(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset value) =>
        TryParse(text, now, StringComparison.Ordinal, out value);

    /// <summary>As <see cref="TryParse(ReadOnlySpan{char}, DateTimeOffset, out DateTimeOffset)"/>, in any letter case (RFC 9111 s.4.2).</summary>
    public static bool TryParseLeniently(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset value) =>
        TryParse(text, now, StringComparison.OrdinalIgnoreCase, out value);

    private static bool TryParse(ReadOnlySpan<char> text, DateTimeOffset now, StringComparison letters, out DateTimeOffset value)
    {
        var reader = new Reader(text, letters);
        Parts parts;
        var read = text.IndexOf(',') switch
        {
            3 => ReadFixdate(ref reader, out parts),
            > 3 => ReadRfc850(ref reader, now, out parts),
            _ => ReadAsctime(ref reader, out parts),
        };
        value = default;
        return read && reader.AtEnd && parts.TryJoin(out value);
    }

    private static bool ReadFixdate(ref Reader r, out Parts p)
    {
        p = default;
        return r.Word(Days, out _) && r.Literal(", ") && r.Digits(2, out p.Day) && r.Literal(" ")
            && r.Word(Months, out p.Month) && r.Literal(" ") && r.Digits(4, out p.Year) && r.Literal(" ")
            && ReadTime(ref r, ref p) && r.Literal(" GMT");
    }

    private static bool ReadRfc850(ref Reader r, DateTimeOffset now, out Parts p)
    {
        p = default;
        if (!(r.Word(LongDays, out _) && r.Literal(", ") && r.Digits(2, out p.Day) && r.Literal("-")
            && r.Word(Months, out p.Month) && r.Literal("-") && r.Digits(2, out p.Year) && r.Literal(" ")
            && ReadTime(ref r, ref p) && r.Literal(" GMT")))
            return false;
        // RFC 9110 s.5.6.7: a year that appears more than 50 years ahead is the most recent past one with these digits.
        p.Year += now.Year - now.Year % 100;
        if (p.Year > now.Year + 50)
            p.Year -= 100;
        else if (p.Year <= now.Year - 50)
            p.Year += 100;
        return true;
    }

    private static bool ReadAsctime(ref Reader r, out Parts p)
    {
        p = default;
        return r.Word(Days, out _) && r.Literal(" ") && r.Word(Months, out p.Month) && r.Literal(" ")
            && (r.Literal(" ") ? r.Digits(1, out p.Day) : r.Digits(2, out p.Day)) && r.Literal(" ")
            && ReadTime(ref r, ref p) && r.Literal(" ") && r.Digits(4, out p.Year);
    }

    private static bool ReadTime(ref Reader r, ref Parts p) =>
        r.Digits(2, out p.Hour) && r.Literal(":") && r.Digits(2, out p.Minute) && r.Literal(":") && r.Digits(2, out p.Second);

    private sealed record Formatted(long Second, string Text);

    private struct Parts
    {
        public int Year, Month, Day, Hour, Minute, Second;

        public readonly bool TryJoin(out DateTimeOffset value)
        {
            value = default;
            // Second 60 is a leap second: the grammar has it, the clock does not.
            if (Year < 1 || Hour > 23 || Minute > 59 || Second > 60 || Day < 1 || Day > DateTime.DaysInMonth(Year, Month + 1))
                return false;
            value = new DateTimeOffset(Year, Month + 1, Day, Hour, Minute, Math.Min(Second, 59), TimeSpan.Zero);
            return true;
        }
    }

    private ref struct Reader(ReadOnlySpan<char> text, StringComparison letters)
    {
        private ReadOnlySpan<char> _rest = text;

        public readonly bool AtEnd => _rest.IsEmpty;

        public bool Literal(ReadOnlySpan<char> literal)
        {
            if (!_rest.StartsWith(literal, letters))
                return false;
            _rest = _rest[literal.Length..];
            return true;
        }

        public bool Word(string[] words, out int index)
        {
            for (index = 0; index < words.Length; index++)
                if (Literal(words[index]))
                    return true;
            return false;
        }

        public bool Digits(int count, out int number)
        {
            number = 0;
            if (_rest.Length < count)
                return false;
            foreach (var c in _rest[..count])
            {
                if (!char.IsAsciiDigit(c))
                    return false;
                number = number * 10 + (c - '0');
            }
            _rest = _rest[count..];
            return true;
        }
    }
}
