using System.Globalization;

namespace Sluice.Bench.Checks;

/// <summary>One state of a resource of the origin that changes: its bytes and their number follow from these two.</summary>
internal readonly record struct Version(int Url, int Number)
{
    private const int LeastBits = 10; // 1 KiB
    private const int MostBits = 23; // 8 MiB

    public string ETag => string.Create(CultureInfo.InvariantCulture, $"\"{Url}-{Number}\"");

    /// <summary>Of the <see cref="Pattern"/>: neighbours are further apart than the longest is long.</summary>
    public long Seed => ((long)Url << 16 | (uint)Number) * (1 + (1 << MostBits >> 20));

    /// <summary>Between 1 KiB and 8 MiB, each power of two as likely as another.</summary>
    public long Length
    {
        get
        {
            var random = new Random(Url * 1_000_003 ^ Number * 7919);
            return (long)Math.Pow(2, LeastBits + random.NextDouble() * (MostBits - LeastBits));
        }
    }

    /// <summary>Null: not an ETag of ours.</summary>
    public static Version? Of(string? etag)
    {
        var parts = etag?.Trim('"').Split('-');
        return parts?.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var url)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new Version(url, number) : null;
    }
}
