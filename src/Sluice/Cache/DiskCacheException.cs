namespace Sluice.Cache;

/// <summary>The folder of the disk cache cannot be used at the start; the message names it.</summary>
public sealed class DiskCacheException(string folder, Exception why) : IOException($"{folder}: {why.Message}", why);
