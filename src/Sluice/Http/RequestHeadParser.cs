using System.Text;

namespace Sluice.Http;

/* The head of a request from a client we do not trust (RFC 9112 s.2-5), strictly: where the RFC lets a recipient choose between
 * repairing and refusing, we refuse, since two readers that repair differently are how requests are smuggled (s.11.2).
 *
 * Each call gets the octets that were not consumed before, and more. Whole lines are read as they come and are consumed, so
 * garbage is refused at its first line. After Done the parser is ready for the next head of the connection.
 * Refused: line ends but CR LF, white space around a name, folded lines, control characters, more or less than one SP in
 * the request line, versions but HTTP/1.x. Kept as sent: the target (RequestTarget reads it), obs-text in values (Latin-1).
 *
 * An idle connection keeps a kilobyte for the fields of its last head (LastFields).
 */
public sealed class RequestHeadParser(int maxHeadBytes, int maxRequestLineBytes, int maxFields)
{
    // RFC 9112 s.2.2: a server should ignore an empty line before the request line; this many are no mistake any more.
    private const int MaxEmptyLines = 8;

    private LineReader _lines;
    private int _emptyLines;
    private bool _hasRequestLine;
    private LastFields _last;

    /// <summary>As far as it was read, also after Bad.</summary>
    public string? Method { get; private set; }

    /// <summary>The request target as sent (RFC 9112 s.3.2); as far as it was read, also after Bad.</summary>
    public string? Target { get; private set; }

    /// <summary>As far as it was read, also after Bad.</summary>
    public ProtocolVersion? Version { get; private set; }

    /// <summary>The fields, after Done: the caller's own from then on.</summary>
    public FieldList Fields { get; private set; } = new(0);

    /// <summary>Why the head is refused, after Bad.</summary>
    public BadMessage Error { get; private set; }

    /// <summary>Whether a head has been begun and not been ended; empty lines before it are no beginning.</summary>
    public bool IsInside => _hasRequestLine || _lines.IsInside;

    public ParseStep Read(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        if (!IsInside && !input.IsEmpty)
            Begin();
        while (true)
        {
            var most = _hasRequestLine ? maxHeadBytes : Math.Min(maxRequestLineBytes, maxHeadBytes);
            switch (_lines.Next(input, ref consumed, most, out var line))
            {
                case LineStep.NeedMore:
                    return ParseStep.NeedMore;
                case LineStep.TooLong:
                    return Refuse(_hasRequestLine ? BadMessage.HeadTooLarge : BadMessage.TargetTooLong);
                case LineStep.BareLineFeed:
                    return Refuse(BadMessage.Malformed);
            }
            if (line.IsEmpty)
            {
                if (_hasRequestLine)
                    return End();
                if (++_emptyLines > MaxEmptyLines)
                    return Refuse(BadMessage.Malformed);
            }
            else if (!_hasRequestLine)
            {
                if (ReadRequestLine(line) is { } bad)
                    return Refuse(bad);
                _hasRequestLine = true;
            }
            else if (ReadField(line) is { } bad)
                return Refuse(bad);
        }
    }

    private void Begin()
    {
        Method = Target = null;
        Version = null;
        Fields = new FieldList(_last.Count + 4);
    }

    private ParseStep End()
    {
        _last.Keep(Fields);
        _hasRequestLine = false;
        _emptyLines = 0;
        _lines.Reset();
        return ParseStep.Done;
    }

    // request-line = method SP request-target SP HTTP-version
    private BadMessage? ReadRequestLine(ReadOnlySpan<byte> line)
    {
        var methodLength = line.IndexOfAnyExcept(Grammar.TokenBytes);
        if (methodLength <= 0 || line[methodLength] != ' ')
            return BadMessage.MethodNotToken;
        Method = MethodOf(line[..methodLength]);
        line = line[(methodLength + 1)..];
        var targetLength = line.LastIndexOf((byte)' ');
        Target = Encoding.Latin1.GetString(targetLength < 0 ? line : line[..targetLength]);
        if (targetLength <= 0 || line[..targetLength].IndexOfAnyInRange((byte)0, (byte)' ') >= 0)
            return BadMessage.Malformed;
        line = line[(targetLength + 1)..];
        if (line.Length != 8 || !line.StartsWith("HTTP/"u8) || !IsDigit(line[5]) || line[6] != '.' || !IsDigit(line[7]))
            return BadMessage.Malformed;
        if (line[5] != '1')
            return BadMessage.VersionNotSupported;
        // RFC 9110 s.2.5: a higher minor version is read as the highest known.
        Version = line[7] == '0' ? ProtocolVersion.Http10 : ProtocolVersion.Http11;
        return null;
    }

    // field-line = field-name ":" OWS field-value OWS; RFC 9112 s.5.1: no white space before the colon; s.5.2: no folding
    private BadMessage? ReadField(ReadOnlySpan<byte> line)
    {
        if (_last.TryRepeat(line, Fields))
            return null;
        var nameLength = line.IndexOfAnyExcept(Grammar.TokenBytes);
        if (nameLength <= 0 || line[nameLength] != ':')
            return BadMessage.FieldNameNotToken;
        var value = Grammar.TrimOws(line[(nameLength + 1)..]);
        if (!Grammar.IsFieldValue(value))
            return BadMessage.ControlInField;
        if (Fields.Count == maxFields)
            return BadMessage.TooManyFields;
        Fields.Add(KnownNames.Get(line[..nameLength]), Encoding.Latin1.GetString(value));
        return null;
    }

    private static string MethodOf(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("GET"u8) ? Methods.Get
        : method.SequenceEqual("POST"u8) ? Methods.Post
        : method.SequenceEqual("HEAD"u8) ? Methods.Head
        : method.SequenceEqual("CONNECT"u8) ? Methods.Connect
        : Encoding.Latin1.GetString(method);

    private ParseStep Refuse(BadMessage why)
    {
        Error = why;
        return ParseStep.Bad;
    }

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';
}
