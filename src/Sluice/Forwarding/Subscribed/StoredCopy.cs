using System.Text.Json;

namespace Sluice.Forwarding.Subscribed;

/// <summary>The copy of a list on disk, and beside it (<c>.json</c>) what is known of it. Facts are written after the copy: those of another are known by
/// its length and time, and not used.</summary>
internal sealed class StoredCopy(string path)
{
    private readonly string _facts = path + ".json";

    public string Path => path;

    /// <summary>Null: there is none.</summary>
    public DateTimeOffset? Written => File.Exists(path) ? File.GetLastWriteTimeUtc(path) : null;

    /// <summary>Null: there is no copy, or nothing known of it.</summary>
    public CopyFacts? Read()
    {
        try
        {
            using var file = File.OpenRead(_facts);
            return JsonSerializer.Deserialize<CopyFacts>(file) is { } facts && facts.Length == new FileInfo(path).Length && facts.Written == Written ? facts : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Keep(CopyFacts facts)
    {
        using (var file = new FileStream(_facts + ".part", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, facts);
            file.Flush(flushToDisk: true);
        }
        File.Move(_facts + ".part", _facts, overwrite: true);
    }
}

/// <summary>What is known of a copy.</summary>
/// <param name="ETag">As the server sent it; null: it sent none.</param>
/// <param name="LastModified">The same.</param>
/// <param name="Asked">When the server said last that this is the list.</param>
internal sealed record CopyFacts(string? ETag, string? LastModified, DateTimeOffset Asked)
{
    public long Length { get; init; }

    public DateTimeOffset Written { get; init; }
}
