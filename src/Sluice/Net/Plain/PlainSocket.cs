using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Net.Plain;

/// <summary>A socket of the platform: <see cref="Socket"/>, on every system that .NET runs on.</summary>
internal sealed class PlainSocket : TcpSocket
{
    private const int InOneSend = 64 << 10;

    private readonly Socket _socket;
    private CancellationTokenSource _wait = new();

    public PlainSocket(Socket socket)
    {
        _socket = socket;
        RemoteEndPoint = EndPointOf(static s => s.RemoteEndPoint);
    }

    public override IPEndPoint? LocalEndPoint => EndPointOf(static s => s.LocalEndPoint);

    public override IPEndPoint? RemoteEndPoint { get; }

    public override bool IsHere => false;

    public override bool IsCrowded => true;

    public override bool IsQuiet(bool surely)
    {
        try
        {
            return !_socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    public static new async ValueTask<TcpSocket> ConnectAsync(IPEndPoint to, CancellationToken cancellation)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (!Descriptors.IsBelow(socket.SafeHandle.DangerousGetHandle(), Descriptors.DialBelow))
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            await socket.ConnectAsync(to, cancellation);
            return new PlainSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override async ValueTask<bool> WaitToReceiveAsync()
    {
        var wait = Volatile.Read(ref _wait);
        try
        {
            // A receive of zero bytes waits without a buffer. That it completes does not say that there is something: it was seen to when it was cancelled at the same time.
            do
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, wait.Token);
            while (!_socket.Poll(0, SelectMode.SelectRead));
            return true;
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref _wait, new CancellationTokenSource());
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket)
        {
            throw new ObjectDisposedException(nameof(TcpSocket), e);
        }
    }

    public override void CancelWait() => Volatile.Read(ref _wait).Cancel();

    public override ValueTask<int> ReceiveAsync(Memory<byte> into) => _socket.ReceiveAsync(into, SocketFlags.None);

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        // A send of the platform tells of nothing before it is complete.
        while (!bytes.IsEmpty)
        {
            var sent = await _socket.SendAsync(bytes[..Math.Min(bytes.Length, InOneSend)], SocketFlags.None);
            BytesSent += sent;
            bytes = bytes[sent..];
        }
    }

    public override async ValueTask SendAsync(List<ArraySegment<byte>> pieces)
    {
        var length = pieces.Sum(piece => (long)piece.Count);
        if (length > InOneSend)
        {
            foreach (var piece in pieces)
                await SendAsync(piece);
            return;
        }
        var sent = await _socket.SendAsync(pieces, SocketFlags.None);
        BytesSent += sent;
        for (var i = 0; sent < length; i++)
        {
            var skipped = (int)Math.Min(sent, pieces[i].Count);
            await SendAsync(pieces[i][skipped..]);
            sent -= skipped;
            length -= pieces[i].Count;
        }
    }

    public override async ValueTask SendFileAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count)
    {
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
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    public override void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed or reset already.
        }
        _socket.Dispose();
    }

    public override void Dispose() => _socket.Dispose();

    public override Turn NextTurn() => new(null);

    private IPEndPoint? EndPointOf(Func<Socket, EndPoint?> of)
    {
        try
        {
            return of(_socket) as IPEndPoint;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
