namespace Sluice.Policy.Lists;

/// <summary>What of a name an entry names.</summary>
[Flags]
internal enum DomainScope
{
    None = 0,
    Itself = 1,
    Below = 2,
}

/// <summary>The entry of a <see cref="DomainSet"/> that names a host.</summary>
/// <param name="Start">Where the entry's name begins in the host; 0: the host itself.</param>
/// <param name="Line">From 1.</param>
/// <param name="Kind">One of the three that name hosts.</param>
internal readonly record struct DomainMatch(int Start, int Line, EntryKind Kind);
