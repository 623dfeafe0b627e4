// The first octets of a tunnel.
//
// What: after the 200 and before the relay, the client's first octets are received and read as a ClientHello; they are then the relay's first.
// Strategy: whoever speaks first ends the wait. A TLS client does, at once, so that nothing waits for us; where the upstream does it
//   is no TLS, and what it says is left to the relay. While both are silent there is nothing to relay either: limits.tunnelIdle holds.
//   A hello that has begun must end within limits.head, as any head. There is no time after which octets pass unread: a
//   client would only have to wait for it.
// Facts: a refused tunnel ends with a TLS alert, which clients know how to show, then FIN, and what still comes is dropped for a moment: closing
// a socket with unread octets makes the kernel send RST, which may overtake the alert.
using System.Net.Sockets;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Tls;

namespace Sluice.Forwarding;

/// <summary>Reads how one tunnel begins, or ends it there.</summary>
internal sealed class TunnelOpening(TakenSocket client, TcpSocket upstream, LimitOptions limits, Deadlines deadlines) : TimeLimited(deadlines)
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private ClientHelloParser _parser;
    private ReceiveBuffer _buffer;
    private bool _isEnded;
    private volatile bool _mustClose; // what is waited for ends in no other way

    /// <summary>What the client has said so far: the relay's first octets.</summary>
    public ReadOnlyMemory<byte> Octets { get; private set; }

    /// <summary>Why the hello is malformed.</summary>
    public HelloFault Fault { get; private set; }

    /// <summary>Null: nobody said anything for too long.</summary>
    /// <exception cref="SocketException">The client has gone.</exception>
    /// <exception cref="ObjectDisposedException">The server stops.</exception>
    public async ValueTask<TunnelStart?> ReadAsync(RequestTarget connect)
    {
        Open();
        try
        {
            Keep(client.Early);
            Allow(limits.TunnelIdle);
            if (_buffer.IsEmpty && !await ClientSpeaksFirstAsync())
                return IsTimedOut ? null : new TunnelStart(TlsFacts.NotTls);
            AllowAnew(limits.Head);
            return await ReadHelloAsync(connect);
        }
        finally
        {
            Octets = _buffer.Unread.ToArray();
            _buffer.Clear();
            Close();
        }
    }

    /// <summary>The tunnel is not to be: says so in TLS where the client speaks that, and closes both.</summary>
    public async ValueTask RefuseAsync(TunnelStart start, bool resets)
    {
        upstream.Dispose();
        if (resets)
        {
            client.Socket.Reset();
            return;
        }
        _mustClose = true;
        AllowAnew(Linger);
        Open();
        try
        {
            if (start.Facts != TlsFacts.NotTls)
                await client.Socket.SendAsync(Alert.AccessDenied);
            if (client.Socket.TryShutdownSend())
                await DropAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone, or does not go.
        }
        _buffer.Clear();
        Close();
        client.Socket.Dispose();
    }

    protected internal override void OnTimedOut()
    {
        if (IsTimedOut && _mustClose)
            client.Socket.Reset();
        else if (IsTimedOut)
            client.Socket.CancelWait();
    }

    private async ValueTask<TunnelStart> ReadHelloAsync(RequestTarget connect)
    {
        while (true)
        {
            switch (_parser.Read(_buffer.Unread.Span, out var hello, out var fault))
            {
                case HelloStep.Hello:
                    return TunnelStart.OfHello(connect, hello.ServerName, hello.HasEch);
                case HelloStep.NotTls:
                    return new TunnelStart(TlsFacts.NotTls);
                case HelloStep.Malformed:
                    Fault = fault;
                    return new TunnelStart(TlsFacts.Malformed);
            }
            if (_isEnded && _buffer.IsEmpty)
                return new TunnelStart(TlsFacts.NotTls);
            if (_isEnded || IsTimedOut)
            {
                Fault = HelloFault.Unfinished;
                return new TunnelStart(TlsFacts.Malformed);
            }
            await ReceiveAsync();
        }
    }

    private async ValueTask ReceiveAsync()
    {
        if (!await client.Socket.WaitToReceiveAsync())
            return;
        _mustClose = true;
        var received = await client.Socket.ReceiveAsync(_buffer.Room());
        _mustClose = false;
        _isEnded = received == 0;
        if (received > 0)
            _buffer.Add(received);
    }

    /// <summary>What came behind the CONNECT begins the hello.</summary>
    private void Keep(ReadOnlyMemory<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            var room = _buffer.Room();
            var kept = Math.Min(room.Length, octets.Length);
            octets[..kept].CopyTo(room);
            _buffer.Add(kept);
            octets = octets[kept..];
        }
    }

    /// <summary>False: the upstream does, or neither in time.</summary>
    private async ValueTask<bool> ClientSpeaksFirstAsync()
    {
        var ours = client.Socket.WaitToReceiveAsync();
        if (ours.IsCompleted)
            return await ours;
        var (down, up) = (ours.AsTask(), WaitForUpstreamAsync());
        await Task.WhenAny(down, up);
        // The one that still waits must not when the relay does.
        if (!up.IsCompleted)
            upstream.CancelWait();
        if (!down.IsCompleted)
            client.Socket.CancelWait();
        await up;
        return await down;
    }

    private async Task WaitForUpstreamAsync()
    {
        try
        {
            await upstream.WaitToReceiveAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The relay finds the same and says so.
        }
    }

    private async ValueTask DropAsync()
    {
        while (!_isEnded)
        {
            await client.Socket.NextTurn();
            if (await client.Socket.WaitToReceiveAsync())
                _isEnded = await client.Socket.ReceiveAsync(_buffer.Room()) == 0;
        }
    }
}
