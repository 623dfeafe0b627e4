namespace Sluice.Records.Formats;

internal static class CacheUses
{
    /// <summary>As it stands in logs.</summary>
    public static ReadOnlySpan<byte> Name(CacheUse use) => use switch
    {
        CacheUse.Hit => "HIT"u8,
        CacheUse.Miss => "MISS"u8,
        CacheUse.Revalidated => "REVALIDATED"u8,
        CacheUse.Stale => "STALE"u8,
        CacheUse.Bypass => "BYPASS"u8,
        _ => "NONE"u8,
    };
}
