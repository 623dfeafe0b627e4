// Parses structured fields (RFC 9651 s.4.2): lists, dictionaries and items, with all their types.
//
// What: a cursor over one field value (its lines joined by commas). TryMember and TryKey step through it; Value says what the bare
// item was. Parameters are read, as they must be well formed, and dropped: no field that we read gives them a meaning.
// Strategy: strict, as the RFC is: what does not fit makes the field void as a whole. So nothing may be acted upon before the end was
// reached: IsEnd after the last member, else it has failed.
// Facts: integers have fifteen digits, decimals twelve and three.
using System.Globalization;
using System.Text;

namespace Sluice.Http;

public enum StructuredType : byte
{
    None,
    Integer,
    Decimal,
    String,
    Token,
    Binary,
    Boolean,
    Date,
    DisplayString,
    InnerList,
}

public ref struct StructuredReader(ReadOnlySpan<char> value)
{
    private ReadOnlySpan<char> _rest = value.Trim(' ');
    private bool _begun;

    public StructuredType Type { get; private set; }

    /// <summary>Of an integer or a date.</summary>
    public long Integer { get; private set; }

    public bool Boolean { get; private set; }

    /// <summary>Of a string, unescaped; of the others as it stands in the field.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Of a dictionary's member.</summary>
    public ReadOnlySpan<char> Key { get; private set; }

    /// <summary>It does not fit the grammar: the field is void.</summary>
    public bool Failed { get; private set; }

    /// <summary>The whole value is one item (s.4.2.3).</summary>
    public bool TryItem() => ReadItem() && ReadParameters() && (_rest.IsEmpty || Fail());

    /// <summary>The next member of a list (s.4.2.1); false at the end, and where it has <see cref="Failed"/>.</summary>
    public bool TryMember() => TryNext() && ReadItemOrInnerList() && ReadParameters();

    /// <summary>The next member of a dictionary (s.4.2.2). One that comes again takes the place of the earlier.</summary>
    public bool TryKey()
    {
        if (!TryNext() || !ReadKey(out var key))
            return false;
        Key = key;
        if (!_rest.IsEmpty && _rest[0] == '=')
        {
            _rest = _rest[1..];
            return ReadItemOrInnerList() && ReadParameters();
        }
        (Type, Boolean) = (StructuredType.Boolean, true);
        return ReadParameters();
    }

    private bool TryNext()
    {
        if (Failed)
            return false;
        if (_begun)
        {
            _rest = _rest.TrimStart(" \t");
            if (_rest.IsEmpty)
                return false;
            if (_rest[0] != ',')
                return Fail();
            _rest = _rest[1..].TrimStart(" \t");
            // A comma at the end.
            return !_rest.IsEmpty || Fail();
        }
        _begun = true;
        return !_rest.IsEmpty;
    }

    private bool ReadItemOrInnerList()
    {
        if (_rest.IsEmpty || _rest[0] != '(')
            return ReadItem();
        _rest = _rest[1..];
        while (true)
        {
            _rest = _rest.TrimStart(' ');
            if (_rest.IsEmpty)
                return Fail();
            if (_rest[0] == ')')
            {
                _rest = _rest[1..];
                Type = StructuredType.InnerList;
                return true;
            }
            if (!ReadItem() || !ReadParameters())
                return false;
            if (_rest.IsEmpty || _rest[0] is not (' ' or ')'))
                return Fail();
        }
    }

    private bool ReadParameters()
    {
        var (type, integer, boolean, text) = (Type, Integer, Boolean, Text);
        while (!_rest.IsEmpty && _rest[0] == ';')
        {
            _rest = _rest[1..].TrimStart(' ');
            if (!ReadKey(out _))
                return false;
            if (_rest.IsEmpty || _rest[0] != '=')
                continue;
            _rest = _rest[1..];
            if (!ReadItem())
                return false;
        }
        (Type, Integer, Boolean, Text) = (type, integer, boolean, text);
        return true;
    }

    private bool ReadKey(out ReadOnlySpan<char> key)
    {
        key = default;
        if (_rest.IsEmpty || !(char.IsAsciiLetterLower(_rest[0]) || _rest[0] == '*'))
            return Fail();
        var end = 1;
        while (end < _rest.Length && (char.IsAsciiLetterLower(_rest[end]) || char.IsAsciiDigit(_rest[end]) || _rest[end] is '_' or '-' or '.' or '*'))
            end++;
        key = Take(end);
        return true;
    }

    private bool ReadItem()
    {
        if (_rest.IsEmpty)
            return Fail();
        var c = _rest[0];
        return c == '"' ? ReadString()
            : c == '-' || char.IsAsciiDigit(c) ? ReadNumber()
            : c == '*' || char.IsAsciiLetter(c) ? ReadToken()
            : c == '?' ? ReadBoolean()
            : c == ':' ? ReadBinary()
            : c == '@' ? ReadDate()
            : c == '%' ? ReadDisplayString()
            : Fail();
    }

    // s.4.2.4
    private bool ReadNumber()
    {
        var at = _rest[0] == '-' ? 1 : 0;
        var digits = Digits(at);
        var end = at + digits;
        if (digits == 0 || digits > 15)
            return Fail();
        if (end == _rest.Length || _rest[end] != '.')
        {
            Type = StructuredType.Integer;
            Integer = long.Parse(_rest[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            Text = Take(end).ToString();
            return true;
        }
        var fraction = Digits(end + 1);
        if (digits > 12 || fraction is 0 or > 3)
            return Fail();
        Type = StructuredType.Decimal;
        Text = Take(end + 1 + fraction).ToString();
        return true;
    }

    // s.4.2.5
    private bool ReadString()
    {
        var text = new StringBuilder();
        for (var i = 1; i < _rest.Length; i++)
        {
            var c = _rest[i];
            if (c == '"')
            {
                Take(i + 1);
                (Type, Text) = (StructuredType.String, text.ToString());
                return true;
            }
            if (c == '\\' && (++i == _rest.Length || (c = _rest[i]) is not ('"' or '\\')) || c is < ' ' or > '~')
                return Fail();
            text.Append(c);
        }
        return Fail();
    }

    // s.4.2.6
    private bool ReadToken()
    {
        var end = 1;
        while (end < _rest.Length && (_rest[end] is ':' or '/' || Grammar.IsToken(_rest.Slice(end, 1))))
            end++;
        (Type, Text) = (StructuredType.Token, Take(end).ToString());
        return true;
    }

    // s.4.2.7
    private bool ReadBinary()
    {
        var length = _rest[1..].IndexOf(':');
        if (length < 0)
            return Fail();
        var text = _rest.Slice(1, length);
        // Padding may be missing, and its last bits may be set.
        var digits = text.TrimEnd('=');
        if (text.Length - digits.Length > 2 || digits.Length % 4 == 1)
            return Fail();
        foreach (var c in digits)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/'))
                return Fail();
        (Type, Text) = (StructuredType.Binary, digits.ToString());
        Take(length + 2);
        return true;
    }

    // s.4.2.8
    private bool ReadBoolean()
    {
        if (_rest.Length < 2 || _rest[1] is not ('0' or '1'))
            return Fail();
        (Type, Boolean) = (StructuredType.Boolean, _rest[1] == '1');
        Take(2);
        return true;
    }

    // s.4.2.9
    private bool ReadDate()
    {
        _rest = _rest[1..];
        if (_rest.IsEmpty || !(_rest[0] == '-' || char.IsAsciiDigit(_rest[0])) || !ReadNumber() || Type != StructuredType.Integer)
            return Fail();
        Type = StructuredType.Date;
        return true;
    }

    // s.4.2.10
    private bool ReadDisplayString()
    {
        if (_rest.Length < 2 || _rest[1] != '"')
            return Fail();
        var octets = new List<byte>();
        for (var i = 2; i < _rest.Length; i++)
        {
            var c = _rest[i];
            if (c == '"')
            {
                Take(i + 1);
                Type = StructuredType.DisplayString;
                return TryDecode(octets, out var text) ? (Text = text) is not null : Fail();
            }
            if (c is < ' ' or > '~')
                return Fail();
            if (c != '%')
            {
                octets.Add((byte)c);
                continue;
            }
            if (i + 2 >= _rest.Length || !IsLowerHex(_rest[i + 1]) || !IsLowerHex(_rest[i + 2]))
                return Fail();
            octets.Add(byte.Parse(_rest.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 2;
        }
        return Fail();
    }

    private static bool TryDecode(List<byte> octets, out string text)
    {
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(octets.ToArray());
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return false;
        }
    }

    private static bool IsLowerHex(char c) => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f';

    private readonly int Digits(int from)
    {
        var end = from;
        while (end < _rest.Length && char.IsAsciiDigit(_rest[end]))
            end++;
        return end - from;
    }

    private ReadOnlySpan<char> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
