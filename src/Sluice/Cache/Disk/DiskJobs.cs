using Sluice.Cache.Memory;

namespace Sluice.Cache.Disk;

/// <summary>Something for the writer to do, in the order of its coming.</summary>
internal abstract class DiskJob
{
    /// <summary>Octets of memory that it keeps while it waits.</summary>
    public virtual long Bytes => 0;

    /// <summary>It must not be lost: it takes something away.</summary>
    public virtual bool IsUrgent => false;
}

/// <summary>An entry on its way into the index.</summary>
internal abstract class StoreJob(ulong keyHash) : DiskJob
{
    private volatile bool _isCancelled;

    public ulong KeyHash => keyHash;

    /// <summary>It was removed before it was found.</summary>
    public bool IsCancelled => _isCancelled;

    public void Cancel() => _isCancelled = true;
}

/// <summary>An entry whose body is in memory.</summary>
internal sealed class PutJob(Entry entry, ulong keyHash, uint variantHash) : StoreJob(keyHash)
{
    public Entry Entry => entry;

    public uint VariantHash => variantHash;

    /// <summary>One of the same key that waits, too.</summary>
    public PutJob? Before { get; set; }

    public override long Bytes => entry.Size;
}

/// <summary>A new head for the octets of an entry that stay where they are, or are copied.</summary>
internal sealed class RewriteJob(Slot old, Entry entry) : DiskJob
{
    public Slot Old => old;

    public Entry Entry => entry;
}

/// <summary>Nothing that was written of the key before counts.</summary>
internal sealed class TombstoneJob(ulong keyHash, IReadOnlyList<Slot> removed) : DiskJob
{
    public ulong KeyHash => keyHash;

    public IReadOnlyList<Slot> Removed => removed;

    public override bool IsUrgent => true;
}

/// <summary>Tells when all that came before is done.</summary>
internal sealed class MarkJob : DiskJob
{
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool IsUrgent => true;
}

internal sealed class ClearJob : DiskJob
{
    public override bool IsUrgent => true;
}

/// <summary>Octets of a large body.</summary>
internal sealed class PieceJob(DiskWriter writer, byte[] octets, int length) : DiskJob
{
    public DiskWriter Writer => writer;

    public ReadOnlyMemory<byte> Octets => octets.AsMemory(0, length);

    public override long Bytes => octets.Length;
}

/// <summary>The end of a large body.</summary>
/// <param name="entry">What it belongs to; null: it is given up.</param>
internal sealed class EndJob(DiskWriter writer, Entry? entry, ulong keyHash) : StoreJob(keyHash)
{
    public DiskWriter Writer => writer;

    public Entry? Entry => entry;

    public override bool IsUrgent => true;
}
