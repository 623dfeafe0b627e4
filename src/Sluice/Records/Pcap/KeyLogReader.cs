namespace Sluice.Records.Pcap;

/// <summary>What has come to the log of TLS keys since the last look.</summary>
/// <param name="path">Null: there is none.</param>
internal sealed class KeyLogReader(string? path)
{
    /// <summary>Octets of one look; the newest.</summary>
    public const int Most = 64 << 10;

    private long _read;

    /// <summary>Whole lines.</summary>
    public byte[] ReadNew()
    {
        if (path is null)
            return [];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // One that was begun anew is read anew.
            var from = Math.Max(file.Length < _read ? 0 : _read, file.Length - Most);
            file.Position = from;
            var lines = new byte[Math.Min(Most, file.Length - from)];
            var octets = file.ReadAtLeast(lines, lines.Length, throwOnEndOfStream: false);
            var end = lines.AsSpan(0, octets).LastIndexOf((byte)'\n') + 1;
            _read = from + end;
            return lines[..end];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
