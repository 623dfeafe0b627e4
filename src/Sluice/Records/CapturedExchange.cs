using System.Net;
using Sluice.Net;
using Sluice.Records.Pcap;

namespace Sluice.Records;

/// <summary>One exchange, tunnel or relay that captures have chosen: puts their taps on its connections.</summary>
public sealed class CapturedExchange
{
    private readonly TimeProvider _time;

    internal CapturedExchange(IReadOnlyList<Capture> captures, string about, TimeProvider time) => (Captures, About, _time) = (captures, about, time);

    internal IReadOnlyList<Capture> Captures { get; }

    /// <summary>For comments.</summary>
    internal string About { get; }

    /// <summary>A connection that is this one's from its begin to its end.</summary>
    /// <param name="weDialled">Else we accepted it.</param>
    public TcpSocket Tap(TcpSocket socket, bool weDialled)
    {
        var tap = new ConnectionTap(socket.LocalEndPoint, socket.RemoteEndPoint, weDialled, _time.GetUtcNow(), isDecrypted: false);
        tap.Begin(this);
        return new TappedSocket(socket, tap);
    }

    /// <summary>A connection to an upstream that others have used and will use: <see cref="TapConnection"/>.</summary>
    public SocketTap TapUpstream(SocketTap? former, IPEndPoint? local, IPEndPoint? remote, DateTimeOffset opened, bool isDecrypted)
    {
        var tap = former as ConnectionTap ?? new ConnectionTap(local, remote, weDialled: true, opened, isDecrypted);
        tap.Begin(this);
        return tap;
    }
}
