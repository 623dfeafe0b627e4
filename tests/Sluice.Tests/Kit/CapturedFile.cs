using Sluice.Records;

namespace Sluice.Tests.Kit;

/// <summary>A capture of a running proxy, into a file.</summary>
public sealed class CapturedFile : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Task _writing;

    private CapturedFile(LiveCapture capture) => _writing = WriteAsync(capture, Path);

    public string Path => _folder.File("f.pcapng");

    /// <summary>Of all that begins from now on, or of what the condition names.</summary>
    public static CapturedFile Begin(RunningProxy proxy, Predicate<ExchangeRecord>? wants = null, CaptureBounds bounds = default) =>
        new(proxy.Captures.Begin(wants ?? (static _ => true), null, bounds)!);

    /// <summary>As tshark reads it, when the proxy or a bound has ended it.</summary>
    public async Task<Tshark> ReadAsync(string[]? options = null, params string[] fields)
    {
        await _writing.Within();
        return await Tshark.ReadAsync(Path, options, fields);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task WriteAsync(LiveCapture capture, string path)
    {
        await using var file = File.Create(path);
        await capture.WriteToAsync(file, CancellationToken.None);
    }
}
