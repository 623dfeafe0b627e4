namespace Sluice.Http;

/* The chunked coding, read incrementally and strictly (RFC 9112 s.7.1).
 *
 *     5;ext=1 CRLF   hello CRLF   0 CRLF   Name: value CRLF   CRLF
 *     size, extension  data        last     trailers
 *
 * Content comes out as slices of the input; nothing is copied. Between two calls only the position in the grammar is kept:
 * an octet at a time is as good as all at once. Refused, because other readers see other chunks there: white space
 * around the size, sizes that do not fit, any line end but CR LF, control characters in an extension.
 * Extensions are skipped (s.7.1.1: "A recipient MUST ignore unrecognized chunk extensions"); what they and the trailers
 * may cost is bounded.
 */
/// <param name="maxTrailerBytes">Of all trailers together.</param>
/// <param name="maxTrailerFields">Of trailers.</param>
/// <param name="ofRequest">Its trailers are refused where a response's are repaired (RFC 9112 s.5.1, 5.2).</param>
public sealed class ChunkedReader(int maxTrailerBytes = 16 << 10, int maxTrailerFields = 100, bool ofRequest = false)
{
    // Of all chunks of a body together: no sender that means well comes near.
    private const int MaxExtensionBytes = 16 << 10;

    // Leading zeros do not make a size longer without end.
    private const int MaxSizeDigits = 16;

    private enum At : byte
    {
        SizeStart,
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        Trailers,
        Ended,
    }

    private readonly FieldSection _trailers = new(maxTrailerFields, repairs: !ofRequest);
    private At _at;
    private long _left;  // of the size being read, then of the chunk's data
    private int _digits;
    private int _extensionBytes;
    private LineReader _lines;

    /// <summary>The trailers, after Done; without those that may not be trailers (RFC 9110 s.6.5.1).</summary>
    public FieldList Trailers => _trailers.Fields;

    /// <summary>Why the body is refused, after Bad. In a request this is <see cref="BadMessage.InvalidChunk"/>.</summary>
    public BadResponse Error { get; private set; }

    /// <summary>Reads on. Each call gets the octets that were not consumed before, and more. After Data,
    /// <paramref name="data"/> is a slice of the input and ends where the consumed octets end.</summary>
    public ParseStep Read(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> data)
    {
        data = default;
        consumed = 0;
        while (consumed < input.Length && _at != At.Ended)
        {
            if (_at == At.Data)
            {
                var length = (int)Math.Min(_left, input.Length - consumed);
                data = input.Slice(consumed, length);
                consumed += length;
                _left -= length;
                if (_left == 0)
                    _at = At.DataCarriageReturn;
                return ParseStep.Data;
            }
            if (_at == At.Trailers)
                return ReadTrailers(input, ref consumed);
            if (_at == At.Extension ? !SkipExtension(input, ref consumed) : !Step(input[consumed++]))
                return ParseStep.Bad;
        }
        return _at == At.Ended ? ParseStep.Done : ParseStep.NeedMore;
    }

    private bool Step(byte octet)
    {
        switch (_at)
        {
            case At.SizeStart:
                _left = 0;
                _digits = 0;
                _at = At.Size;
                return AddDigit(octet);
            case At.Size when octet == '\r':
                _at = At.SizeLineFeed;
                return true;
            case At.Size when octet == ';':
                _at = At.Extension;
                return CountExtension(1);
            case At.Size:
                return AddDigit(octet);
            case At.SizeLineFeed:
                _at = _left > 0 ? At.Data : At.Trailers;
                return octet == '\n' || Fail(BadResponse.InvalidChunkSize);
            case At.DataCarriageReturn:
                _at = At.DataLineFeed;
                return octet == '\r' || Fail(BadResponse.ChunkNotEnded);
            default:
                _at = At.SizeStart;
                return octet == '\n' || Fail(BadResponse.ChunkNotEnded);
        }
    }

    private bool AddDigit(byte octet)
    {
        var digit = octet switch
        {
            >= (byte)'0' and <= (byte)'9' => octet - '0',
            >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
            _ => -1,
        };
        if (digit < 0 || ++_digits > MaxSizeDigits || _left > long.MaxValue >> 4)
            return Fail(BadResponse.InvalidChunkSize);
        _left = _left << 4 | (long)digit;
        return true;
    }

    // Up to its CR; any other control character is refused, a bare LF among them.
    private bool SkipExtension(ReadOnlySpan<byte> input, ref int consumed)
    {
        var rest = input[consumed..];
        var end = rest.IndexOfAny(Grammar.ControlBytes);
        var length = end < 0 ? rest.Length : end;
        if (!CountExtension(length))
            return false;
        consumed += length;
        if (end < 0)
            return true;
        consumed++;
        _at = At.SizeLineFeed;
        return rest[end] == '\r' || Fail(BadResponse.InvalidChunkExtension);
    }

    private bool CountExtension(int octets)
    {
        _extensionBytes += octets;
        return _extensionBytes <= MaxExtensionBytes || Fail(BadResponse.InvalidChunkExtension);
    }

    private ParseStep ReadTrailers(ReadOnlySpan<byte> input, ref int consumed)
    {
        while (true)
        {
            switch (_lines.Next(input, ref consumed, maxTrailerBytes, out var line))
            {
                case LineStep.NeedMore:
                    return ParseStep.NeedMore;
                case LineStep.TooLong:
                    return Refuse(BadResponse.TrailersTooLarge);
                case LineStep.BareLineFeed:
                    return Refuse(BadResponse.InvalidTrailer);
            }
            if (line.IsEmpty)
            {
                _at = At.Ended;
                _trailers.End().RemoveWhere(TrailerFields.IsForbidden);
                return ParseStep.Done;
            }
            if (!_trailers.TryAdd(line, out var why))
                return Refuse(why == BadResponse.TooManyFields ? BadResponse.TrailersTooLarge : BadResponse.InvalidTrailer);
        }
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
}
