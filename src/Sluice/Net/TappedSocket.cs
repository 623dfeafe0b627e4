using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Net;

/// <summary>A socket on which a tap hears: put around one of the others while somebody wants to, so that nobody pays for it else. Files are read, as what
/// is sent by reference passes no buffer; large sends go piece by piece, so that their times are true.</summary>
internal sealed class TappedSocket(TcpSocket inner, SocketTap tap) : TcpSocket
{
    private const int InOneSend = 64 << 10;

    public TcpSocket Inner => inner;

    public SocketTap Tap => tap;

    public override IPEndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override IPEndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override long BytesSent => inner.BytesSent;

    public override bool IsHere => inner.IsHere;

    public override bool IsCrowded => inner.IsCrowded;

    public override bool IsQuiet(bool surely) => inner.IsQuiet(surely);

    public override void CancelWait() => inner.CancelWait();

    public override Turn NextTurn() => inner.NextTurn();

    public override async ValueTask<bool> WaitToReceiveAsync()
    {
        try
        {
            return await inner.WaitToReceiveAsync();
        }
        catch (SocketException)
        {
            tap.WasReset();
            throw;
        }
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        int octets;
        try
        {
            octets = await inner.ReceiveAsync(into);
        }
        catch (SocketException)
        {
            tap.WasReset();
            throw;
        }
        if (octets > 0 || !into.IsEmpty)
            tap.Received(into.Span[..octets]);
        return octets;
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = tap.IsListening ? bytes[..Math.Min(bytes.Length, InOneSend)] : bytes;
            tap.Sent(piece.Span);
            await SendAsync(inner.BytesSent, inner.SendAsync(piece), piece.Length);
            bytes = bytes[piece.Length..];
        }
    }

    public override async ValueTask SendAsync(List<ArraySegment<byte>> pieces)
    {
        if (!tap.IsListening)
        {
            await SendAsync(inner.BytesSent, inner.SendAsync(pieces), 0);
            return;
        }
        // As one, as far as that goes: a head and the beginning of its body are one segment on the wire.
        var block = Blocks.Rent(InOneSend);
        var filled = 0;
        try
        {
            foreach (var piece in pieces)
                for (var left = piece; left.Count > 0;)
                {
                    var octets = Math.Min(left.Count, InOneSend - filled);
                    left[..octets].CopyTo(block, filled);
                    filled += octets;
                    left = left[octets..];
                    if (filled < InOneSend)
                        continue;
                    await SendAsync(block.AsMemory(0, filled));
                    filled = 0;
                }
            await SendAsync(block.AsMemory(0, filled));
        }
        finally
        {
            Blocks.Return(block);
        }
    }

    public override async ValueTask SendFileAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count)
    {
        if (!tap.IsListening)
        {
            await SendAsync(inner.BytesSent, inner.SendFileAsync(before, file, offset, count), 0);
            return;
        }
        if (count == 0)
            await SendAsync(before);
        while (count > 0)
        {
            var sent = await SendReadAsync(before, file, offset, count);
            before = default;
            offset += sent;
            count -= sent;
        }
    }

    public override bool TryShutdownSend()
    {
        var done = inner.TryShutdownSend();
        if (done)
            tap.SentEnd();
        return done;
    }

    public override void Reset()
    {
        tap.Closed(resets: true);
        inner.Reset();
    }

    public override void Dispose()
    {
        tap.Closed(resets: false);
        inner.Dispose();
    }

    /// <param name="before">Octets that had been sent.</param>
    /// <param name="heard">As much of it the tap has heard.</param>
    private async ValueTask SendAsync(long before, ValueTask sending, int heard)
    {
        try
        {
            await sending;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (heard > 0)
                tap.Unsent(Math.Max(0, heard - (inner.BytesSent - before)));
            if (e is SocketException)
                tap.WasReset();
            throw;
        }
    }
}
