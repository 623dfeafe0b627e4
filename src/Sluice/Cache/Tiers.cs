// The two places where entries are: memory, and disk where there is one.
//
// What: one way to put, find, update and remove, whatever holds the entry.
// Strategy: what is stored goes to both at once (the disk writes behind). Memory is asked first; what the disk finds is an entry like any
// other, its body small and at hand, or in a file from which it is sent; a small one that is asked for a second time is put into memory
// again. A large one is not: the system's page cache holds it well.
// Facts: an answer confirmed by 304 is written again where its head was read from disk, or where the old head would still count as fresh
// after a restart; else the old one on disk is only stale, and a question to the origin makes good for it.
using Microsoft.Extensions.Logging;
using Sluice.Cache.Disk;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

internal sealed class Tiers : IAsyncDisposable
{
    /// <summary>Bodies on their way in need memory also where the memory tier has none.</summary>
    private const long LeastForBodies = 64 << 20;

    private readonly TimeProvider _time;

    /// <exception cref="DiskCacheException">The disk tier's folder cannot be used.</exception>
    public Tiers(CacheOptions options, TimeProvider time, ILogger log)
    {
        _time = time;
        Disk = options.Disk is { } disk ? new DiskTier(disk, time, log) : null;
        Memory = new MemoryTier(options.MemoryBytes, Math.Max(options.MemoryBytes / 2, Disk is null ? 0 : LeastForBodies));
        MaxInMemory = options.MaxEntryBytes ?? options.MemoryBytes / 8;
        MaxOnDisk = options.Disk is null ? 0 : options.Disk.MaxEntryBytes ?? options.Disk.SizeBytes / 8;
    }

    public MemoryTier Memory { get; }

    public DiskTier? Disk { get; }

    public GroupStamps Groups { get; } = new();

    public bool IsOff => Memory.Capacity <= 0 && Disk is null;

    /// <summary>The largest body that the memory tier keeps.</summary>
    public long MaxInMemory { get; }

    /// <summary>The largest body that the disk tier keeps; 0: there is none.</summary>
    public long MaxOnDisk { get; }

    /// <summary>The largest body that is collected in memory: for both tiers, or for the disk's shared files.</summary>
    public long MaxCollected => Math.Max(MaxInMemory, Math.Min(MaxOnDisk, DiskTier.MostShared));

    /// <summary>Memory has no answer, and the disk may have one.</summary>
    public bool MayBeOnDisk(in CacheKey key) => Disk is not null && Disk.MayHold(key);

    /// <summary>Makes the entry visible. See <see cref="MemoryTier.Put"/>.</summary>
    /// <param name="alone">Its body is on disk already, or on its way there.</param>
    public NotStoredReason Put(Entry entry, FieldList request, int stamp, long reserved, DiskWriter? alone)
    {
        if (entry.Body.Length > MaxInMemory)
        {
            Memory.Release(reserved);
            reserved = 0;
            if (Disk is null)
                return NotStoredReason.TooLarge;
        }
        else if (Memory.Put(entry, request, stamp, reserved) is var reason && (Disk is null || reason != NotStoredReason.None && Memory.Capacity > 0))
            return reason;
        if (Memory.StampOf(entry.Key) != stamp)
            return NotStoredReason.Invalidated;
        var isTaken = alone is not null ? alone.Commit(entry.Key, entry.Head, entry.Trailers, entry.BanStamp)
            : entry.Partial is null && entry.Body.Length <= Math.Min(MaxOnDisk, DiskTier.MostShared) && Disk!.TryPut(entry);
        // What it was to replace must not be served in its place, nor this one where it was invalidated meanwhile.
        if (!isTaken || Memory.StampOf(entry.Key) != stamp)
            Disk!.RemoveAll(entry.Key);
        return NotStoredReason.None;
    }

    /// <summary>Into memory, what was found on disk.</summary>
    public void Promote(Entry entry, FieldList request, int stamp)
    {
        if (entry.Body.File is null && entry.Body.Length <= MaxInMemory)
            Memory.Put(entry, request, stamp, 0);
    }

    /// <summary>The same octets under a head that the origin has confirmed.</summary>
    public void Update(Entry old, Entry entry, FieldList request, int stamp)
    {
        if (entry.Body.File is null && entry.Body.Length <= MaxInMemory && Memory.Put(entry, request, stamp, 0) == NotStoredReason.Invalidated)
            return;
        if (Disk is null || entry.Partial is not null)
            return;
        if (entry.Place is not null)
            Disk.Update(entry);
        else if (old.Head.Freshness.LifetimeTicks > old.Head.Freshness.AgeTicks(Moment.Now(_time)))
        {
            if (entry.Body.Length <= Math.Min(MaxOnDisk, DiskTier.MostShared))
                Disk.TryPut(entry);
            else
                Disk.RemoveAll(entry.Key);
        }
    }

    public bool Remove(Entry entry)
    {
        var removed = Memory.Remove(entry);
        return Disk is not null && Disk.RemoveAll(entry.Key) || removed;
    }

    /// <summary>It is not served again before the origin has confirmed it; on disk, where that cannot be noted, it goes.</summary>
    public void Doubt(Entry entry)
    {
        entry.Invalidate();
        Disk?.RemoveAll(entry.Key);
    }

    /// <summary>See <see cref="MemoryTier.Invalidate"/>.</summary>
    public void Invalidate(in CacheKey key)
    {
        Memory.Invalidate(key);
        Disk?.RemoveAll(key);
    }

    public ValueTask DisposeAsync() => Disk?.DisposeAsync() ?? default;
}
