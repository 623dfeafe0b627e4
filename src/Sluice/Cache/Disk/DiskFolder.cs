using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Sluice.Cache.Disk;

/// <summary>The folder of a store: one process has it at a time; its file <c>store</c> says the version and the seed of its hashes.</summary>
internal sealed class DiskFolder : IDisposable
{
    private readonly FileStream _lock;

    /// <exception cref="IOException">It cannot be used.</exception>
    public DiskFolder(string path, ILogger log)
    {
        try
        {
            Directory.CreateDirectory(path);
            _lock = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        try
        {
            Seed = ReadSeed(path) ?? BeginAnew(path, log);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>Of the hashes of keys: nobody outside knows which keys collide.</summary>
    public long Seed { get; }

    public void Dispose() => _lock.Dispose();

    private static string FirstLine => string.Create(CultureInfo.InvariantCulture, $"sluice cache {HeadCodec.Version}");

    private static long? ReadSeed(string path)
    {
        var file = Path.Combine(path, "store");
        return File.Exists(file) && File.ReadAllLines(file) is [var first, var seed, ..] && first == FirstLine
            && long.TryParse(seed, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static long BeginAnew(string path, ILogger log)
    {
        var old = Directory.EnumerateFiles(path, "*.seg").Concat(Directory.EnumerateFiles(path, "*.one")).ToList();
        if (old.Count > 0)
            DiskLog.BegunAnew(log, path, "its files are of another version or its seed is lost");
        old.ForEach(File.Delete);
        var seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var file = Path.Combine(path, "store");
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{FirstLine}\n{seed:x16}\n"));
        File.Move(file + ".new", file, overwrite: true);
        return seed;
    }
}
