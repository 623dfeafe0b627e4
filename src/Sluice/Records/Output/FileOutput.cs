namespace Sluice.Records.Output;

/// <summary>A file that is appended to. No buffer: the lines come in blocks already. Each block is written at the
/// file's end of that moment, so that a file emptied in place (logrotate's copytruncate) goes on from its start
/// instead of becoming a hole.</summary>
internal sealed class FileOutput(string path) : ILogOutput
{
    private FileStream? _file;

    // Where the block that failed began: writing it there again overwrites the part that had got through.
    private long? _failedAt;

    public void Write(ReadOnlySpan<byte> lines)
    {
        var file = _file ??= Open();
        if (file.CanSeek)
        {
            var end = file.Length;
            file.Position = _failedAt is { } failed && failed < end ? failed : end;
            _failedAt = file.Position;
        }
        file.Write(lines);
        _failedAt = null;
    }

    public void Reopen()
    {
        var reopened = Open();
        CutFailedBlock();
        _file?.Dispose();
        _file = reopened;
    }

    public void Dispose()
    {
        CutFailedBlock();
        _file?.Dispose();
    }

    // Its beginning may have got through. It is written whole to a new file or counted as lost: here it would stand
    // twice, and end within a line.
    private void CutFailedBlock()
    {
        if (_file is { CanSeek: true } file && _failedAt is { } at && at < file.Length)
            file.SetLength(at);
        _failedAt = null;
    }

    private FileStream Open() => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    });
}
