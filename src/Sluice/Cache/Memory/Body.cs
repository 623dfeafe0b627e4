using System.Buffers;
using System.Runtime.InteropServices;
using Sluice.Net;

namespace Sluice.Cache.Memory;

/// <summary>The octets of an entry. Blocks are plain arrays that nobody reuses: a reader that still sends an evicted
/// body keeps it alive. A large body that is asked for again moves into pages that are sent by reference (<see cref="PagedMemory"/>).</summary>
internal sealed class Body(ReadOnlySequence<byte> content, long cost)
{
    public static readonly Body Empty = new(ReadOnlySequence<byte>.Empty, 0);

    /// <summary>A body that stays in its file.</summary>
    public Body(FileBody file) : this(ReadOnlySequence<byte>.Empty, 0) => (File, Length) = (file, file.Length);

    /// <summary>Null: it is in memory.</summary>
    public FileBody? File { get; }

    /// <summary>Empty where it is in a file.</summary>
    public ReadOnlySequence<byte> Content => content;

    public long Length { get; } = content.Length;

    /// <summary>It is large, and in memory.</summary>
    public bool IsWorthPages => File is null && Length >= PagedMemory.WorthFrom;

    /// <summary>The same octets in pages; this where there are none.</summary>
    public Body InPages() => PagedMemory.TryCopy(content) is { } pages ? new Body(new ReadOnlySequence<byte>(pages.Memory), cost) : this;

    /// <summary>Bytes of memory.</summary>
    public long Cost => cost;

    /// <summary>A part of it that shares its blocks, and keeps them alive.</summary>
    public Body Slice(long first, long length)
    {
        if (length == Length)
            return this;
        var part = content.Slice(first, length);
        var cost = 0L;
        foreach (var memory in part)
            cost += CostOf(memory);
        return new Body(part, cost);
    }

    /// <summary>One after the other; blocks are shared, but small ones that meet become one.</summary>
    public static Body Join(params ReadOnlySpan<Body?> bodies)
    {
        var blocks = new List<ReadOnlyMemory<byte>>();
        foreach (var body in bodies)
        {
            if (body is null)
                continue;
            var atSeam = blocks.Count > 0;
            foreach (var memory in body.Content)
            {
                if (atSeam && blocks[^1].Length + memory.Length <= BodyBuilder.BlockBytes)
                    blocks[^1] = (byte[])[.. blocks[^1].Span, .. memory.Span];
                else if (!memory.IsEmpty)
                    blocks.Add(memory);
                atSeam = false;
            }
        }
        return Of(blocks);
    }

    /// <summary>Of these blocks, each counted whole.</summary>
    private static Body Of(List<ReadOnlyMemory<byte>> blocks)
    {
        if (blocks.Count == 0)
            return Empty;
        var cost = 0L;
        Segment? first = null, last = null;
        foreach (var block in blocks)
        {
            cost += CostOf(block);
            last = new Segment(block, last);
            first ??= last;
        }
        return blocks.Count == 1
            ? new Body(new ReadOnlySequence<byte>(blocks[0]), cost)
            : new Body(new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length), cost);
    }

    private static long CostOf(ReadOnlyMemory<byte> block) =>
        (MemoryMarshal.TryGetArray(block, out var array) ? array.Array!.Length : block.Length) + BodyBuilder.BlockCost;
}

/// <summary>A link of a <see cref="ReadOnlySequence{T}"/>.</summary>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    public Segment(ReadOnlyMemory<byte> memory, Segment? before)
    {
        Memory = memory;
        if (before is null)
            return;
        RunningIndex = before.RunningIndex + before.Memory.Length;
        before.Next = this;
    }
}
