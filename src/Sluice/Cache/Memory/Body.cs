using System.Buffers;

namespace Sluice.Cache.Memory;

/// <summary>The octets of an entry. Blocks are plain arrays that nobody reuses: a reader that still sends an evicted
/// body keeps it alive.</summary>
internal sealed class Body(ReadOnlySequence<byte> content, long cost)
{
    public static readonly Body Empty = new(ReadOnlySequence<byte>.Empty, 0);

    public ReadOnlySequence<byte> Content => content;

    public long Length { get; } = content.Length;

    /// <summary>Bytes of memory.</summary>
    public long Cost => cost;
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
