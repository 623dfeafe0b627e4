// The fetches under way, and the keys that are not worth waiting for.
//
// What: a request that must go upstream finds here the fetch of another for the same key, or registers its own.
// Strategy: one concurrent dictionary; who adds first fetches. Beside it a fixed table remembers keys whose last answer could not
//   be another's (hit-for-miss): their requests go straight up, with no waiting and no registering. One word of 64 bits per slot, hash and expiry; a
//   collision loses one of two marks, which costs one wait.
// Facts: two minutes is Varnish's time for hit-for-miss (beresp.ttl of its built-in VCL).
using System.Collections.Concurrent;
using Sluice.Cache;
using Sluice.Net;

namespace Sluice.Forwarding;

internal sealed class Fetches(TimeProvider time)
{
    private const int Marks = 8 << 10;
    private static readonly TimeSpan MarkedFor = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<(FetchKey, AddressRules), SharedFetch> _underWay = new();
    private readonly long[] _marks = new long[Marks];

    public int Readers => _underWay.Values.Sum(fetch => fetch.Readers);

    /// <summary>The fetch under way for the key, or null: <paramref name="own"/> is it from now on. Of other address rules there is
    /// none: what another listener may dial, this one may not.</summary>
    public SharedFetch? FindOrAdd(SharedFetch own)
    {
        var held = _underWay.GetOrAdd((own.Key, own.Rules), own);
        return held == own ? null : held;
    }

    public SharedFetch? Find(in FetchKey key, AddressRules rules) => _underWay.GetValueOrDefault((key, rules));

    public void Remove(SharedFetch fetch) => _underWay.TryRemove(new KeyValuePair<(FetchKey, AddressRules), SharedFetch>((fetch.Key, fetch.Rules), fetch));

    /// <summary>Answers to this are each client's own.</summary>
    public bool IsMarked(in FetchKey key)
    {
        var mark = Volatile.Read(ref Slot(key));
        return mark != 0 && (int)(mark >> 32) == key.Uri.Hash && (uint)mark > Seconds;
    }

    public void Mark(in FetchKey key)
    {
        var mark = (long)key.Uri.Hash << 32 | (Seconds + (uint)MarkedFor.TotalSeconds);
        ref var slot = ref Slot(key);
        if (Volatile.Read(ref slot) != mark)
            Volatile.Write(ref slot, mark);
    }

    public void Unmark(in FetchKey key)
    {
        if (IsMarked(key))
            Volatile.Write(ref Slot(key), 0);
    }

    private uint Seconds => (uint)(time.GetTimestamp() / time.TimestampFrequency);

    private ref long Slot(in FetchKey key) => ref _marks[key.Uri.Hash & (Marks - 1)];
}
