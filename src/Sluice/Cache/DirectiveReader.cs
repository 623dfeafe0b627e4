namespace Sluice.Cache;

/// <summary>
/// Reads Cache-Control (RFC 9111 s.5.2), one directive a step: <c>token [ "=" ( token / quoted-string ) ]</c>.
/// What does not fit the grammar is still named, so that a restriction counts even when it is misspelt behind its
/// name, but marked: a permission or a number must be well formed.
/// </summary>
internal ref struct DirectiveReader(ReadOnlySpan<char> value)
{
    /// <summary>RFC 9111 s.1.2.2: what is greater, or overflows, becomes this.</summary>
    public const long MaxSeconds = 1L << 31;

    private ReadOnlySpan<char> _rest = value;

    public ReadOnlySpan<char> Name { get; private set; }

    /// <summary>Without its quotes; empty where there is none.</summary>
    public ReadOnlySpan<char> Argument { get; private set; }

    public bool HasArgument { get; private set; }

    public bool IsQuoted { get; private set; }

    public bool IsMalformed { get; private set; }

    public bool Next()
    {
        _rest = _rest.TrimStart(" \t,");
        if (_rest.IsEmpty)
            return false;
        Argument = default;
        HasArgument = IsQuoted = false;
        var end = _rest.IndexOfAny(" \t,=\"");
        Name = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[end..];
        if (!_rest.IsEmpty && _rest[0] == '=')
            ReadArgument();
        // Whatever stands between here and the comma does not belong here (also a blank before "=").
        var junk = NextComma();
        IsMalformed = Name.IsEmpty || _rest[..junk].ContainsAnyExcept(" \t");
        _rest = _rest[junk..];
        return true;
    }

    public readonly bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>delta-seconds (s.1.2.2), as token or quoted (s.5.2 asks to accept both); 0, thus stale, where it is
    /// none (s.4.2.1: invalid freshness information counts as stale).</summary>
    public readonly long Seconds => !IsMalformed && TryParseSeconds(Argument, out var seconds) ? seconds : 0;

    public static bool TryParseSeconds(ReadOnlySpan<char> text, out long seconds)
    {
        seconds = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            seconds = Math.Min(seconds * 10 + (c - '0'), MaxSeconds);
        }
        return !text.IsEmpty;
    }

    private void ReadArgument()
    {
        HasArgument = true;
        _rest = _rest[1..];
        if (_rest.IsEmpty || _rest[0] != '"')
        {
            var end = _rest.IndexOfAny(" \t,");
            Argument = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[end..];
            return;
        }
        var close = 1;
        while (close < _rest.Length && _rest[close] != '"')
            close += _rest[close] == '\\' ? 2 : 1;
        // A quote that is never closed hides no directive behind it: it is junk up to the comma.
        if (close >= _rest.Length)
            return;
        IsQuoted = true;
        Argument = _rest[1..close];
        _rest = _rest[(close + 1)..];
    }

    /// <summary>The next comma outside of quotes, or the end; an unclosed quote is none.</summary>
    private readonly int NextComma()
    {
        var quoted = false;
        for (var i = 0; i < _rest.Length; i++)
        {
            if (_rest[i] == '"')
                quoted = !quoted;
            else if (_rest[i] == '\\' && quoted)
                i++;
            else if (_rest[i] == ',' && !quoted)
                return i;
        }
        return quoted && _rest.IndexOf(',') is var comma and >= 0 ? comma : _rest.Length;
    }
}
