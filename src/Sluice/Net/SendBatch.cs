using System.Buffers;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>What one send takes: pieces in order, and the rented blocks that some of them lie in.</summary>
internal sealed class SendBatch
{
    public List<ArraySegment<byte>> Pieces { get; } = new(2);

    public List<byte[]> Blocks { get; } = new(1);

    public int Length { get; set; }

    /// <summary>One system call for all pieces. Errors are the task's, never thrown.</summary>
    public ValueTask<int> SendAsync(Socket socket)
    {
        try
        {
            return Pieces.Count == 1
                ? socket.SendAsync(Pieces[0], SocketFlags.None, CancellationToken.None)
                : new ValueTask<int>(socket.SendAsync(Pieces, SocketFlags.None));
        }
        catch (ObjectDisposedException error)
        {
            return ValueTask.FromException<int>(error);
        }
    }

    /// <summary>Takes off what was sent; true: all, and the blocks are given back.</summary>
    public bool Drop(int sent)
    {
        if (sent == Length)
        {
            Clear();
            return true;
        }
        Length -= sent;
        var whole = 0;
        while (sent >= Pieces[whole].Count)
            sent -= Pieces[whole++].Count;
        Pieces.RemoveRange(0, whole);
        Pieces[0] = Pieces[0][sent..];
        return false;
    }

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
