using Sluice.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

// Others at a connection. Captures: a tap is put on its socket while somebody captures, where an exchange begins, and off when nobody does any more.
// Tunnels: they take its socket, and end with it.
internal sealed partial class ClientConnection
{
    private ClientTap? _tap;

    /// <summary>What captures make of the exchange under way; null: nobody wants it.</summary>
    public CapturedExchange? Captured => _tap?.Exchange;

    /// <summary>The exchange has been judged: says who captures it.</summary>
    public void Choose(Exchange x)
    {
        if (_tap is null)
            return;
        _tap.Choose(_server.Captures!.Choose(x.Record));
        // There is no other behind a head that cannot be read: what came shows why.
        if (x.Refused is not null)
            _tap.TakeAll();
    }

    /// <summary>The bare socket, for CONNECT and Upgrade, with what was received behind the request; null: the client has gone. The
    /// caller runs the tunnel to its end before the exchange ends; <see cref="Aborted"/> tells of a server that stops.</summary>
    public async ValueTask<TakenSocket?> TakeOverAsync()
    {
        if (_watches)
        {
            var watch = EndWatchAsync();
            Socket.CancelWait();
            await watch;
        }
        if (_broken || Aborted.IsCancellationRequested)
        {
            Break();
            return null;
        }
        IsTaken = true;
        var early = _buffer.Unread.ToArray();
        _buffer.Clear();
        return new TakenSocket(TakeTapped(), early);
    }

    /// <summary>What comes now is another's.</summary>
    /// <param name="goesOn">Else it is nobody's.</param>
    private void EndExchange(bool goesOn)
    {
        if (_tap is null)
            return;
        _tap.Pause();
        if (!goesOn)
            _tap.TakeAll();
    }

    /// <summary>The socket from which the next is received.</summary>
    private TcpSocket TapIfAsked()
    {
        var isAsked = _server.Captures is { IsOn: true };
        // Octets of an exchange that has begun are not to be had any more.
        if (isAsked == (_tap is not null) || !_buffer.IsEmpty || _parser.IsInside)
            return Socket;
        if (isAsked)
            Socket = new TappedSocket(Socket, _tap = _server.Captures!.TapClient(Socket));
        else
            (Socket, _tap) = (((TappedSocket)Socket).Inner, null);
        return Socket;
    }

    /// <summary>The tunnel's socket: heard to its end, or not at all.</summary>
    private TcpSocket TakeTapped()
    {
        if (_tap is null)
            return Socket;
        _tap.TakeAll();
        return _tap.IsListening ? Socket : ((TappedSocket)Socket).Inner;
    }
}
