using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Http;

/// <summary>How far a parser has come with the octets it was given.</summary>
public enum ParseStep : byte
{
    /// <summary>All that could be used has been consumed; come again with the rest and more.</summary>
    NeedMore,

    /// <summary>A slice of content (chunked content only).</summary>
    Data,

    /// <summary>The whole has been read; what follows the consumed octets is not part of it.</summary>
    Done,

    /// <summary>Refused; the parser says why. Nothing more can be read from this connection.</summary>
    Bad,
}

/* The head of a response from an upstream we do not trust (RFC 9112 s.4, 5).
 *
 * Each call gets the octets that were not consumed before, and more. Whole lines are read as they come and are consumed,
 * so garbage is refused at its first line, not at the limit.
 * After Done the parser is ready for the next head (1xx, then the final one; or the next exchange).
 */
public sealed class ResponseHeadParser(int maxHeadBytes, int maxFields)
{
    private readonly FieldSection _section = new(maxFields);
    private bool _hasStatusLine;
    private int _status;
    private string _reason = "";
    private ProtocolVersion _version;
    private LineReader _lines;

    /// <summary>The head that was read, after Done.</summary>
    public ResponseHead? Head { get; private set; }

    /// <summary>Why the head is refused, after Bad.</summary>
    public BadResponse Error { get; private set; }

    /// <summary>Whether a head has been begun and not been ended.</summary>
    public bool IsInside => _hasStatusLine || _lines.IsInside;

    public ParseStep Read(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        while (true)
        {
            switch (_lines.Next(input, ref consumed, maxHeadBytes, out var line))
            {
                case LineStep.NeedMore:
                    return ParseStep.NeedMore;
                case LineStep.TooLong:
                    return Refuse(BadResponse.HeadTooLarge);
                case LineStep.BareLineFeed:
                    return Refuse(BadResponse.BareLineFeed);
            }
            if (!_hasStatusLine)
            {
                if (!TryReadStatusLine(line))
                    return ParseStep.Bad;
                _hasStatusLine = true;
                _section.Begin(capacity: 16);
            }
            else if (line.IsEmpty)
                return End();
            else if (!_section.TryAdd(line, out var why))
                return Refuse(why);
        }
    }

    private ParseStep End()
    {
        Head = new ResponseHead { Status = _status, Reason = _reason, Version = _version, Fields = _section.End() };
        _hasStatusLine = false;
        _lines.Reset();
        return ParseStep.Done;
    }

    // status-line = HTTP-version SP status-code SP [ reason-phrase ]; many leave out the second SP with the phrase.
    private bool TryReadStatusLine(ReadOnlySpan<byte> line)
    {
        const int versionEnd = 8, statusEnd = 12;
        if (line.Length < statusEnd || !line.StartsWith("HTTP/"u8) || !IsDigit(line[5]) || line[6] != '.' || !IsDigit(line[7])
            || line[versionEnd] != ' ')
            return Fail(BadResponse.InvalidStatusLine);
        if (line[5] != '1')
            return Fail(BadResponse.VersionNotSupported);
        // RFC 9110 s.2.5: a higher minor version is read as the highest known.
        _version = line[7] == '0' ? ProtocolVersion.Http10 : ProtocolVersion.Http11;

        if (!IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11]) || (line.Length > statusEnd && line[statusEnd] != ' '))
            return Fail(BadResponse.InvalidStatus);
        _status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
        if (_status is < 100 or > 599)
            return Fail(BadResponse.InvalidStatus);

        var reason = line.Length > statusEnd ? line[(statusEnd + 1)..] : [];
        if (!Grammar.IsFieldValue(reason))
            return Fail(BadResponse.InvalidStatusLine);
        var usual = ReasonPhrases.GetReasonPhrase(_status);
        _reason = Ascii.Equals(reason, usual) ? usual : Encoding.Latin1.GetString(reason);
        return true;
    }

    private ParseStep Refuse(BadResponse why)
    {
        Error = why;
        return ParseStep.Bad;
    }

    private bool Fail(BadResponse why)
    {
        Error = why;
        return false;
    }

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';
}
