using System.Buffers;

namespace Sluice.Net;

/// <summary>What one send takes: pieces in order, and the rented blocks that some of them lie in.</summary>
internal sealed class SendBatch
{
    public List<ArraySegment<byte>> Pieces { get; } = new(2);

    public List<byte[]> Blocks { get; } = new(1);

    public int Length { get; set; }

    public void Append(SendBatch other)
    {
        Pieces.AddRange(other.Pieces);
        Blocks.AddRange(other.Blocks);
        Length += other.Length;
    }

    public void Clear()
    {
        foreach (var block in Blocks)
            ArrayPool<byte>.Shared.Return(block);
        Blocks.Clear();
        Pieces.Clear();
        Length = 0;
    }
}
