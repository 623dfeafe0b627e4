// What a socket of an event loop sends: see EpollSocket.cs.
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Net.Linux;

internal sealed partial class EpollSocket
{
    private const int MostPieces = 64;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var sent = TrySend(bytes.Span);
            return sent == bytes.Length ? default : SendRestAsync(bytes[sent..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(e);
        }
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            await _output.WaitAsync();
            bytes = bytes[TrySend(bytes.Span)..];
        }
    }

    public override ValueTask SendFileAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count)
    {
        if (count == 0)
            return SendAsync(before);
        try
        {
            if (count <= OneTurnOfFile && PageCache.Holds(file, offset, (int)count))
            {
                if (!before.IsEmpty)
                    before = before[TrySend(before.Span)..];
                var sent = before.IsEmpty ? TrySendFile(file, offset, (int)count) : 0;
                if (sent == count)
                    return default;
                offset += sent;
                count -= sent;
            }
            return SendFileRestAsync(before, file, offset, count);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            return ValueTask.FromException(e);
        }
    }

    private async ValueTask SendFileRestAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count)
    {
        for (var inThisTurn = 0; count > 0;)
        {
            // Looked for anew after each wait: a slow receiver outlasts the page cache.
            await _output.WaitAsync();
            var most = (int)Math.Min(count, OneTurnOfFile);
            int sent;
            if (!PageCache.Holds(file, offset, most))
            {
                sent = await SendReadAsync(before, file, offset, most);
                before = default;
            }
            else if (!before.IsEmpty)
            {
                before = before[TrySend(before.Span)..];
                continue;
            }
            else
                sent = TrySendFile(file, offset, most);
            offset += sent;
            count -= sent;
            if ((inThisTurn += sent) < OneTurnOfFile || count == 0)
                continue;
            inThisTurn = 0;
            await NextTurn();
        }
    }

    /// <summary>What the kernel takes at once.</summary>
    private unsafe int TrySendFile(SafeFileHandle file, long offset, int count)
    {
        // Fewer octets than were asked for may be the file's end as well as a full buffer: only EAGAIN promises an event.
        var left = count;
        for (nint sent = 1; left > 0 && sent > 0; left -= (int)Math.Max(sent, 0))
        {
            Enter();
            _output.Clear();
            sent = Libc.sendfile(_fd, file, &offset, (nuint)left);
            if (sent == 0 || sent < 0 && IsOfFile(Libc.LastError))
            {
                Leave();
                throw sent == 0 ? EndsBefore() : new IOException("The file cannot be read.");
            }
            Sent(sent, left);
        }
        return count - left;
    }

    /// <summary>The errors of a network all have names of their own.</summary>
    private static bool IsOfFile(int errno) =>
        errno is not (Libc.EAGAIN or Libc.EINTR) && Libc.Of(errno) == SocketError.SocketError;

    private unsafe int TrySend(ReadOnlySpan<byte> bytes)
    {
        Enter();
        _output.Clear();
        nint sent;
        fixed (byte* start = bytes)
            sent = Libc.send(_fd, start, (nuint)bytes.Length, Libc.MSG_NOSIGNAL);
        return Sent(sent, bytes.Length);
    }

    public override ValueTask SendAsync(List<ArraySegment<byte>> pieces)
    {
        if (pieces.Count == 1)
            return SendAsync(pieces[0].AsMemory());
        try
        {
            var (piece, offset) = TrySend(pieces, 0, 0);
            return piece == pieces.Count ? default : SendRestAsync(pieces, piece, offset);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(e);
        }
    }

    private async ValueTask SendRestAsync(List<ArraySegment<byte>> pieces, int piece, int offset)
    {
        while (piece < pieces.Count)
        {
            await _output.WaitAsync();
            (piece, offset) = TrySend(pieces, piece, offset);
        }
    }

    /// <summary>Sends what follows this offset in this piece; where to go on.</summary>
    private unsafe (int Piece, int Offset) TrySend(List<ArraySegment<byte>> pieces, int piece, int offset)
    {
        Enter();
        _output.Clear();
        var vector = stackalloc Libc.Piece[MostPieces];
        var most = Math.Min(pieces.Count - piece, MostPieces);
        var length = -offset;
        for (var i = 0; i < most; i++)
            length += pieces[piece + i].Count;
        var sent = Sent(SendPinned(pieces, piece, offset, vector, 0, most), length);
        if (sent == length && most < pieces.Count - piece)
            _output.Set();
        for (sent += offset; piece < pieces.Count && sent >= pieces[piece].Count; piece++)
            sent -= pieces[piece].Count;
        return (piece, sent);
    }

    /// <summary>Pins one piece per level: cheaper than handles.</summary>
    private unsafe nint SendPinned(List<ArraySegment<byte>> pieces, int piece, int offset, Libc.Piece* vector, int filled, int most)
    {
        if (filled == most)
        {
            var message = new Libc.MessageHeader { Pieces = vector, PieceCount = (nuint)most };
            return Libc.sendmsg(_fd, &message, Libc.MSG_NOSIGNAL);
        }
        fixed (byte* start = pieces[piece].AsSpan(offset))
        {
            vector[filled] = new Libc.Piece { Start = start, Length = (nuint)(pieces[piece].Count - offset) };
            return SendPinned(pieces, piece + 1, 0, vector, filled + 1, most);
        }
    }

    /// <summary>What a send came to: all, a part, or nothing because the kernel's buffer is full.</summary>
    private int Sent(nint sent, int length)
    {
        var errno = sent < 0 ? Libc.LastError : 0;
        Leave();
        if (sent > 0)
            BytesSent += sent;
        if (sent == length || errno == Libc.EINTR)
            _output.Set();
        return errno switch
        {
            0 => (int)sent,
            Libc.EAGAIN or Libc.EINTR => 0,
            _ => throw Libc.Exception(errno),
        };
    }
}
