using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// Invalidation of groups (RFC 9875) without a scan. A table keeps for each group the number of its last invalidation; an entry
/// that was asked for before is validated before it is served again, wherever it lies.
/// <code>
/// invalidation   number = ++newest; table[origin, group] = number
/// entry          stamp  = newest when its request was looked up; a 304 gives a new one
/// lookup         no groups: nothing to do.  Else: stamp &lt; table[origin, group] for one of them: validate
/// </code>
/// The table is an array with a slot per hash: two groups that share one cost a validation, never a stale answer. It is made when first
/// needed. Of entries that another process stored nobody knows what was invalidated since: those with groups are validated once.
/// </summary>
internal sealed class GroupStamps
{
    public const long OfAnotherLife = -1;

    private const int Slots = 16 << 10;

    private readonly Lock _gate = new();
    private long[]? _invalidated;
    private long _newest;

    /// <summary>The stamp of what is looked up now.</summary>
    public long Newest => Volatile.Read(ref _newest);

    /// <param name="origin">Any key of the origin, and the route, whose group it is (s.2.1).</param>
    /// <param name="group">See <see cref="EntryTags.HashOf"/>.</param>
    public void Invalidate(in CacheKey origin, int group)
    {
        lock (_gate)
        {
            var number = _newest + 1;
            Volatile.Write(ref (_invalidated ??= new long[Slots])[SlotOf(origin, group)], number);
            Volatile.Write(ref _newest, number);
        }
    }

    public bool Doubts(in CacheKey key, EntryHead head)
    {
        if (head.Groups is not { } groups)
            return false;
        if (head.GroupStamp == OfAnotherLife)
            return true;
        if (_invalidated is not { } table)
            return false;
        foreach (var group in groups)
            if (Volatile.Read(ref table[SlotOf(key, group)]) > head.GroupStamp)
                return true;
        return false;
    }

    /// <summary>Marks those that must be validated.</summary>
    public void Ask(Entry[] variants)
    {
        foreach (var entry in variants)
            if (Doubts(entry.Key, entry.Head))
                entry.Invalidate();
    }

    private static int SlotOf(in CacheKey key, int group) => HashCode.Combine(key.OriginHash, group) & (Slots - 1);
}
