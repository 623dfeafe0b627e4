using System.Buffers;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Cache.Memory;

/// <summary>A stored response: key, head, body. Immutable but for its marks and where its body lies; a 304 makes a new one with the same body.</summary>
internal sealed class Entry : GreedyDualNode
{
    // Entry, head, field list, vary, dictionary node, array of variants and ghost: measured on 64-bit, rounded up.
    private const int Overhead = 640;
    private const int StringCost = 24;

    /// <summary>A refresh that has not come back after this is taken for lost, and another may start.</summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(30);

    private volatile bool _isInvalidated;
    private volatile Body _body;
    private int _moves;
    private long _refreshUntilTicks = long.MinValue;
    private long _banStamp;

    // The record of what is held, its list and their array.
    private const int PartialOverhead = 128;

    /// <param name="partial">What is held where that is not the whole; then <paramref name="body"/> is empty.</param>
    public Entry(CacheKey key, EntryHead head, Body body, FieldList? trailers, PartialBody? partial = null)
    {
        Key = key;
        Head = head;
        _body = body;
        Trailers = trailers;
        Partial = partial;
        Hash = key.Hash;
        Size = Overhead + key.Cost + head.Vary.Cost + body.Cost + CostOf(head.Fields) + (trailers is null ? 0 : CostOf(trailers))
            + (partial is null ? 0 : PartialOverhead + partial.Held.Cost);
    }

    /// <summary>The newest of the bans that it has been asked about.</summary>
    public long BanStamp
    {
        get => Volatile.Read(ref _banStamp);
        set => Volatile.Write(ref _banStamp, value);
    }

    public CacheKey Key { get; }

    public EntryHead Head { get; }

    public Body Body => _body;

    public FieldList? Trailers { get; }

    /// <summary>Null: the entry is whole.</summary>
    public PartialBody? Partial { get; }

    /// <summary>Of the representation; null: not known.</summary>
    public long? CompleteLength => Partial is null ? Body.Length : Partial.CompleteLength;

    /// <summary>Where it was found on disk; null: it was not.</summary>
    public Disk.Slot? Place { get; init; }

    /// <summary>Not served again before the origin has confirmed it (RFC 9111 s.4.4).</summary>
    public bool IsInvalidated => _isInvalidated;

    public void Invalidate() => _isInvalidated = true;

    /// <summary>It is asked for again: a large body moves into pages that are sent by reference. Once, on another thread, as copying takes a while.</summary>
    public void MoveBody()
    {
        if (_body.IsWorthPages && _moves == 0 && Interlocked.Exchange(ref _moves, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static entry => entry._body = entry._body.InPages(), this, preferLocal: false);
    }

    /// <summary>Octets that are held.</summary>
    public ReadOnlySequence<byte> Read(ByteRange range) =>
        Partial is null ? Body.Content.Slice(range.First, range.Length) : Partial.Held.Read(range.First, range.Last);

    /// <summary>The same octets under another head.</summary>
    public Entry With(EntryHead head) => new(Key, head, Body, Trailers, Partial) { Place = Place };

    /// <summary>The same answer under another head, with its marks.</summary>
    public Entry WithHead(EntryHead head)
    {
        var entry = With(head);
        entry._isInvalidated = _isInvalidated;
        entry.BanStamp = BanStamp;
        return entry;
    }

    /// <summary>True for one caller at a time: it refreshes the entry in the background.</summary>
    public bool TryClaimRefresh(in Moment now)
    {
        var until = Volatile.Read(ref _refreshUntilTicks);
        return until <= now.SteadyTicks
            && Interlocked.CompareExchange(ref _refreshUntilTicks, now.SteadyTicks + RefreshPatience.Ticks, until) == until;
    }

    private static long CostOf(FieldList fields)
    {
        long cost = 0;
        foreach (ref readonly var line in fields.Lines)
            cost += 2 * (StringCost + 8) + 2 * (line.Name.Length + line.Value.Length);
        return cost;
    }
}
