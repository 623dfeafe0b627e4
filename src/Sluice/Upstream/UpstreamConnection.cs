using System.Net;
using System.Net.Security;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>Why a connection was closed by us while somebody still used it.</summary>
internal enum Cut
{
    None,
    TimedOut,
    ClientLeft,
}

/// <summary>
/// One connection to an upstream: a socket or TLS over it, a read buffer that exists only while there is something in it,
/// and a deadline.
/// <para>A deadline that passes (<see cref="TimeLimited"/>) closes the socket, and the pending read or write fails; <see cref="Cut"/>
/// then says why. The idle time in the pool is such a deadline too.</para>
/// </summary>
internal sealed class UpstreamConnection : TimeLimited, IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private TcpSocket _socket;
    private readonly UpstreamTls? _tls;
    private ReceiveBuffer _buffer;
    private readonly Shelves _shelves;
    private readonly long _made;
    private TimeSpan? _keepAlive;
    private int _cut;
    private SocketTap? _tap;
    private bool _disposed;

    /// <param name="dialled">That succeeded.</param>
    /// <param name="shelves">Where it has its place until it is closed or taken over.</param>
    public UpstreamConnection(Destination to, Dialled dialled, Shelves shelves, UpstreamCounts counts, Deadlines deadlines) : base(deadlines)
    {
        Counts = counts;
        _shelves = shelves;
        To = to;
        Remote = dialled.Remote!;
        _socket = dialled.Socket!;
        _tls = dialled.Tls;
        _made = Clock.GetTimestamp();
        Counts.Connected(dialled.Took);
        Open();
    }

    /// <summary>Of its upstream.</summary>
    public UpstreamCounts Counts { get; }

    public Destination To { get; }

    public IPEndPoint Remote { get; }

    public Cut Cut => (Cut)Volatile.Read(ref _cut);

    /// <summary>It was authenticated as a whole, and is its client's alone (<see cref="PinnedConnections"/>).</summary>
    public bool IsPinned { get; set; }

    public TimeSpan Age => Clock.GetElapsedTime(_made);

    /// <summary>How long it may be idle: what its peer said last, or else this.</summary>
    public TimeSpan KeepFor(TimeSpan otherwise) => _keepAlive is { } said && said < otherwise ? said : otherwise;

    /// <summary>The peer closes it after so long; we do so a little before, so that no request meets the close.</summary>
    public void KeepAlive(TimeSpan said) => _keepAlive = said - Margin;

    /// <summary>The last read took all there was room for, so TLS may hold more than the socket shows.</summary>
    public bool MayHideMore => _buffer.WasFilled && _tls is not null;

    /// <summary>After a read of 0: nobody said that this was the end (<see cref="UpstreamTls"/>).</summary>
    public bool IsCutShort => _tls is { IsCutShort: true };

    /// <summary>Of all heads of the connection.</summary>
    public ResponseHeadParser? Parser { get; set; }

    public ReadOnlyMemory<byte> Unread => _buffer.Unread;

    public void Consume(int octets) => _buffer.Consume(octets);

    protected internal override void OnTimedOut() => CutOff(Cut.TimedOut);

    public void CutOff(Cut why)
    {
        if (Interlocked.CompareExchange(ref _cut, (int)why, (int)Cut.None) == (int)Cut.None)
            _socket.Dispose();
    }

    /// <summary>As <see cref="TcpSocket.IsHere"/>.</summary>
    public bool IsHere => _socket.IsHere;

    /// <summary>From now on somebody hears what passes, without TLS, until <see cref="Untap"/>.</summary>
    public void Tap(TapConnection by)
    {
        _tap = by(_tap, _socket.LocalEndPoint, Remote, Clock.GetUtcNow() - Age, isDecrypted: _tls is not null);
        if (_tls is not null)
            _tls.Tap = _tap;
        else if (_socket is not TappedSocket)
            _socket = new TappedSocket(_socket, _tap);
    }

    /// <summary>The tap stays, for the next one and to hear of the end.</summary>
    public void Untap() => _tap?.Pause();

    /// <summary>Whether the peer has closed or spoken out of turn while the connection was idle (RFC 9112 s.9.3, s.9.5).</summary>
    /// <param name="surely">As <see cref="TcpSocket.IsQuiet"/>: for a request that cannot be sent once more.</param>
    public bool IsDead(bool surely) => !_socket.IsQuiet(surely);

    /// <summary>Completes when a read would find something; at once where only a read can tell.</summary>
    public ValueTask<bool> WaitAsync() => _tls is null ? _socket.WaitToReceiveAsync() : new(true);

    /// <summary>Reads once, behind what is unread; behind <see cref="WaitAsync"/> mostly without waiting. 0: the peer sent FIN.</summary>
    public ValueTask<int> FillAsync(bool large = false)
    {
        var room = _buffer.Room(large, _socket.IsCrowded);
        var reading = _tls is null ? _socket.ReceiveAsync(room) : _tls.ReadAsync(room);
        return reading.IsCompletedSuccessfully ? new(Added(reading.Result)) : AddAsync(reading);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => _tls?.WriteAsync(bytes) ?? _socket.SendAsync(bytes);

    /// <summary>All pieces, without TLS in one system call.</summary>
    public ValueTask WriteAsync(List<ArraySegment<byte>> pieces) => _tls is null ? _socket.SendAsync(pieces) : EncryptAsync(pieces);

    private async ValueTask EncryptAsync(List<ArraySegment<byte>> pieces)
    {
        foreach (var piece in pieces)
            await _tls!.WriteAsync(piece.AsMemory());
    }

    /// <summary>Gives the buffer back while nothing is in it.</summary>
    public void ReleaseBuffer() => _buffer.Release();

    /// <summary>The bare connection, for what is no longer HTTP: bytes already read are in <see cref="Unread"/>.</summary>
    public (TcpSocket Socket, SslStream? Tls) TakeOver()
    {
        Allow(Timeout.InfiniteTimeSpan);
        Close();
        Counts.Closed();
        _shelves.Leave(To);
        return (_socket, _tls);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Close();
        Counts.Closed();
        _shelves.Leave(To);
        _tls?.Dispose();
        _socket.Dispose();
        // Only the reader disposes, after its last read: nobody writes into the buffer any more.
        _buffer.Clear();
    }

    private async ValueTask<int> AddAsync(ValueTask<int> reading) => Added(await reading);

    private int Added(int octets)
    {
        _buffer.Add(octets);
        return octets;
    }
}
