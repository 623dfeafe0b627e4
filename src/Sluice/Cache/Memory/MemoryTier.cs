using System.Collections.Concurrent;
using Sluice.Http;

namespace Sluice.Cache.Memory;

/// <summary>
/// Entries in memory, bounded in bytes: heads, keys, bodies, bodies on their way in, and overhead. A reader takes no
/// lock: it finds an immutable array of variants in a concurrent dictionary. Whoever changes something takes the one
/// lock for a few steps through the queues; no octet is copied under it.
/// </summary>
/// <param name="capacity">Bytes; 0: it holds nothing.</param>
/// <param name="mostReserved">For all bodies on their way in together.</param>
internal sealed class MemoryTier(long capacity, long mostReserved)
{
    /// <summary>Variants of one URI; one more, and the first stored goes.</summary>
    public const int MaxVariants = 32;

    private const int StampCount = 1024;

    private readonly ConcurrentDictionary<CacheKey, Entry[]> _entries = new();
    private readonly GreedyDual<Entry> _policy = new();
    private readonly int[] _stamps = new int[StampCount];
    private readonly Lock _gate = new();
    private long _reserved;
    private long _evictions;
    private long _invalidations;

    public long Capacity => capacity;

    /// <summary>All variants of the URI, or none; not to be changed.</summary>
    public Entry[] Find(in CacheKey key) => _entries.TryGetValue(key, out var variants) ? variants : [];

    /// <summary>All that is held, while it changes.</summary>
    public IEnumerable<Entry> All => _entries.SelectMany(pair => pair.Value);

    public static void Touch(Entry entry) => GreedyDual<Entry>.Touch(entry);

    /// <summary>Changes whenever the key (or one that shares its stamp) is invalidated: a fetch that began before must
    /// not put back what is no longer true.</summary>
    public int StampOf(in CacheKey key) => Volatile.Read(ref _stamps[key.Hash & (StampCount - 1)]);

    public MemoryTier(long capacity) : this(capacity, capacity / 2)
    {
    }

    /// <summary>Room for a body on its way in.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_gate)
        {
            if (_reserved + bytes > mostReserved)
                return false;
            _reserved += bytes;
            EvictUntilItFits();
            return true;
        }
    }

    public void Release(long bytes)
    {
        lock (_gate)
            _reserved -= bytes;
    }

    /// <summary>Makes the entry visible in place of those that the request would have selected.</summary>
    /// <param name="stamp">From <see cref="StampOf"/> before the fetch began.</param>
    /// <param name="reserved">What was reserved for its body: given back, whatever the outcome.</param>
    public NotStoredReason Put(Entry entry, FieldList request, int stamp, long reserved)
    {
        lock (_gate)
        {
            _reserved -= reserved;
            if (entry.Size > capacity)
                return NotStoredReason.NoRoom;
            if (StampOf(entry.Key) != stamp)
                return NotStoredReason.Invalidated;
            var kept = new List<Entry>();
            Entry? replaced = null;
            foreach (var variant in Find(entry.Key))
            {
                // One that may have a client's links in it takes no place of what is for all.
                if (!variant.Head.Vary.Matches(request) || entry.Head.Vary.IsOfOneSide && !variant.Head.Vary.IsOfOneSide)
                    kept.Add(variant);
                else if (replaced is null)
                    replaced = variant;
                else
                    _policy.Remove(variant);
            }
            if (kept.Count >= MaxVariants)
            {
                _policy.Remove(kept[0]);
                kept.RemoveAt(0);
                _evictions++;
            }
            kept.Add(entry);
            _entries[entry.Key] = [.. kept];
            if (replaced is null)
                _policy.Add(entry);
            else
                _policy.Replace(replaced, entry);
            EvictUntilItFits();
        }
        return NotStoredReason.None;
    }

    /// <summary>Puts what <paramref name="combine"/> makes of the entry that the request selects (null: nothing); asks it anew where
    /// another has come between. It is called without the lock.</summary>
    public NotStoredReason Combine(in CacheKey key, FieldList request, int stamp, long reserved, Func<Entry?, Entry?> combine)
    {
        while (true)
        {
            var held = Reuse.Select(Find(key), request);
            var combined = combine(held);
            lock (_gate)
            {
                if (!ReferenceEquals(Reuse.Select(Find(key), request), held))
                    continue;
                if (combined is not null)
                    return Put(combined, request, stamp, reserved);
                _reserved -= reserved;
                return NotStoredReason.Incomplete;
            }
        }
    }

    /// <summary>False where it was gone already.</summary>
    public bool Remove(Entry entry)
    {
        lock (_gate)
        {
            var held = entry.IsQueued;
            _policy.Remove(entry);
            Forget(entry);
            return held;
        }
    }

    /// <summary>Puts the same answer under another head in the entry's place; false where that was gone already.</summary>
    public bool Replace(Entry old, Entry entry)
    {
        lock (_gate)
        {
            if (!old.IsQueued)
                return false;
            _entries[old.Key] = Array.ConvertAll(Find(old.Key), e => ReferenceEquals(e, old) ? entry : e);
            _policy.Replace(old, entry);
            return true;
        }
    }

    /// <summary>All variants of the URI are gone, or, where there is an instead, that takes their place. A fetch that began
    /// before is not stored.</summary>
    public int Purge(in CacheKey key, Func<Entry, Entry>? instead)
    {
        lock (_gate)
        {
            _stamps[key.Hash & (StampCount - 1)]++;
            var variants = Find(key);
            foreach (var entry in variants)
                _ = instead is null ? Remove(entry) : Replace(entry, instead(entry));
            return variants.Length;
        }
    }

    /// <summary>RFC 9111 s.4.4: all variants need validation before they are served again.</summary>
    public void Invalidate(in CacheKey key)
    {
        lock (_gate)
        {
            _stamps[key.Hash & (StampCount - 1)]++;
            var variants = Find(key);
            foreach (var entry in variants)
                entry.Invalidate();
            if (variants.Length > 0)
                _invalidations++;
        }
    }

    public (long Bytes, int Entries, long Evictions, long Invalidations) Count()
    {
        lock (_gate)
            return (_policy.Bytes + _reserved, _policy.Count, _evictions, _invalidations);
    }

    private void EvictUntilItFits()
    {
        while (_policy.Bytes + _reserved > capacity && _policy.Evict() is { } victim)
        {
            Forget(victim);
            _evictions++;
        }
    }

    private void Forget(Entry entry)
    {
        var left = Array.FindAll(Find(entry.Key), e => !ReferenceEquals(e, entry));
        if (left.Length == 0)
            _entries.TryRemove(entry.Key, out _);
        else
            _entries[entry.Key] = left;
    }
}
