namespace Sluice.Records;

/// <summary>Where what rules capture is written: a ring of files, of which the oldest goes when another begins.</summary>
public sealed record CaptureOptions
{
    public required string Folder { get; init; }

    /// <summary>Of one file.</summary>
    public long FileBytes { get; init; } = 64 << 20;

    public int Files { get; init; } = 4;
}
