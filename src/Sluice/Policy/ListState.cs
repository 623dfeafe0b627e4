namespace Sluice.Policy;

/// <summary>A list file as it stands: its last good content.</summary>
/// <param name="Path">As the configuration names it.</param>
/// <param name="Format">As its content told.</param>
/// <param name="Entries">Hosts that stand there twice are counted once.</param>
/// <param name="UnreadLines">Lines not understood, wholly or in part.</param>
/// <param name="Unread">The first hundred of them with their reasons.</param>
/// <param name="RetainedBytes">What its index keeps in memory, in octets: of hosts all, of other entries their text.</param>
public sealed record ListState(
    string Path, ListFormat Format, int Entries, int UnreadLines, IReadOnlyList<PolicyProblem> Unread, long RetainedBytes)
{
    /// <summary>When the file that was read had last been written to; null where none was read.</summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Null where none was read.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>Requests that it named, since the start.</summary>
    public long Hits { get; init; }
}
