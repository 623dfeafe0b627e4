namespace Sluice.Http;

internal enum LineStep : byte
{
    NeedMore,
    Line,
    TooLong,
    BareLineFeed,
}

/// <summary>Takes lines out of octets that come in any pieces. A line ends with CR LF and with nothing else: a bare LF is
/// where two readers see different messages. Of a line without its end only the new octets are searched.</summary>
internal struct LineReader
{
    private int _searched;  // of the line that has not ended yet

    /// <summary>Octets of all lines so far, their ends included.</summary>
    public int Octets { get; private set; }

    /// <summary>A line has been begun and not been ended.</summary>
    public readonly bool IsInside => _searched > 0;

    /// <summary>The next line of what is left of the input, without its CR LF.</summary>
    /// <param name="most">What <see cref="Octets"/> may come to.</param>
    public LineStep Next(ReadOnlySpan<byte> input, ref int consumed, int most, out ReadOnlySpan<byte> line)
    {
        line = default;
        var rest = input[consumed..];
        var lineFeed = rest[_searched..].IndexOf((byte)'\n');
        if (Octets + (lineFeed < 0 ? rest.Length : _searched + lineFeed + 1) > most)
            return LineStep.TooLong;
        if (lineFeed < 0)
        {
            _searched = rest.Length;
            return LineStep.NeedMore;
        }
        lineFeed += _searched;
        _searched = 0;
        if (lineFeed == 0 || rest[lineFeed - 1] != '\r')
            return LineStep.BareLineFeed;
        line = rest[..(lineFeed - 1)];
        consumed += lineFeed + 1;
        Octets += lineFeed + 1;
        return LineStep.Line;
    }

    public void Reset() => this = default;
}
