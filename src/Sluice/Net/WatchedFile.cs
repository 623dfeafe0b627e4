namespace Sluice.Net;

/// <summary>A small file of the system, parsed; read again when it has changed, which is looked at once a second at most. One that
/// cannot be read is empty. Safe for concurrent use.</summary>
internal sealed class WatchedFile<T>(string path, Func<string, T> parse, TimeProvider time) where T : class
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile T? _parsed;
    private long _looked;
    private (DateTime, long) _version;

    public T Current
    {
        get
        {
            var now = time.GetTimestamp();
            if (_parsed is { } parsed && time.GetElapsedTime(Volatile.Read(ref _looked), now) < LookEvery)
                return parsed;
            lock (_lock)
            {
                Volatile.Write(ref _looked, now);
                var file = new FileInfo(path);
                var version = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
                if (_parsed is null || version != _version)
                    _parsed = parse(Read());
                _version = version;
                return _parsed;
            }
        }
    }

    private string Read()
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
