namespace Sluice.Policy.Lists;

/// <summary>Cuts a stream into lines, in one block of memory however long the stream. Only LF ends a line: the octet 0x85 of Latin-1
/// does not, and numbers are those of an editor. The CR of CRLF stays; a byte order mark does not.</summary>
internal sealed class LineReader
{
    public const int LongestLine = 64 * 1024;

    /// <summary>Of a list. Enough for 20 million names; a record takes at most three times its line, and 31 bits count its place.</summary>
    public const int MaxBytes = 512 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _block = new byte[LongestLine];
    private int _begin;
    private int _end;
    private long _read;

    /// <param name="stream">Read from where it stands.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public LineReader(Stream stream)
    {
        _stream = stream;
        Fill();
        if (Rest.StartsWith("\uFEFF"u8))
            _begin = 3;
    }

    /// <summary>The first block of the content, before any line was read.</summary>
    public ReadOnlySpan<byte> Head => Rest;

    /// <summary>Of the last line read, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The last line read is only the beginning of one that is too long.</summary>
    public bool IsCutOff { get; private set; }

    private ReadOnlySpan<byte> Rest => _block.AsSpan(_begin.._end);

    /// <param name="line">Without its LF; valid until the next call.</param>
    /// <exception cref="IOException">The stream cannot be read, or is longer than <see cref="MaxBytes"/>.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        if (IsCutOff)
            SkipLine();
        var length = Rest.IndexOf((byte)'\n');
        if (length < 0)
        {
            Fill();
            length = Rest.IndexOf((byte)'\n');
        }
        line = length < 0 ? Rest : Rest[..length];
        IsCutOff = length < 0 && _end == _block.Length && _begin == 0;
        _begin = Math.Min(_begin + line.Length + 1, _end);
        if (line.IsEmpty && length < 0)
            return false;
        Number++;
        return true;
    }

    private void SkipLine()
    {
        while (true)
        {
            var length = Rest.IndexOf((byte)'\n');
            _begin = length < 0 ? _end : _begin + length + 1;
            if (length >= 0 || _begin == _end && !Fill())
                return;
        }
    }

    // Moves what is left to the front and reads until the block is full or the stream ends.
    private bool Fill()
    {
        Rest.CopyTo(_block);
        (_begin, _end) = (0, _end - _begin);
        var got = _stream.ReadAtLeast(_block.AsSpan(_end), _block.Length - _end, throwOnEndOfStream: false);
        _end += got;
        _read += got;
        return _read <= MaxBytes ? got > 0 : throw new IOException($"it is larger than {MaxBytes >> 20} MiB");
    }
}
