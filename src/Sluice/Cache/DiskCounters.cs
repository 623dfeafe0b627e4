namespace Sluice.Cache;

/// <summary>The state and the totals of the disk tier at one moment.</summary>
/// <param name="CapacityBytes">What its files may take.</param>
/// <param name="Bytes">What they take.</param>
/// <param name="Entries">Answers held, each variant for itself.</param>
/// <param name="IndexBytes">Memory of the index.</param>
/// <param name="Hits">Lookups that found something there.</param>
/// <param name="Stores">Entries handed over to be written.</param>
/// <param name="WaitingBytes">Memory of what was handed over and is not in the files yet.</param>
/// <param name="Refused">Entries that were not: the disk was too slow, or has failed.</param>
/// <param name="Evictions">Files removed for room.</param>
/// <param name="ReadFaults">Reads that failed.</param>
/// <param name="WriteFaults">Writes that failed.</param>
/// <param name="Damaged">Entries whose octets were not what was stored; they are not served.</param>
/// <param name="Loads">What was stored before the start is still being found.</param>
public readonly record struct DiskCounters(
    long CapacityBytes, long Bytes, int Entries, long IndexBytes, long Hits, long Stores, long WaitingBytes, long Refused, long Evictions, long ReadFaults, long WriteFaults, long Damaged, bool Loads);
