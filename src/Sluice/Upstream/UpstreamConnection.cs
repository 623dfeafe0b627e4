using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
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
/// <para>Time limits cost no timer and no token: whoever waits writes a deadline here, a sweep over all open connections
/// (<see cref="Deadlines"/>) closes the socket of those that have passed it, and the pending read or write fails; <see cref="Cut"/>
/// then says why. The idle time in the pool is such a deadline too.</para>
/// </summary>
internal sealed class UpstreamConnection : IDisposable
{
    private const int SmallBuffer = 16 << 10;
    private const int LargeBuffer = 128 << 10;

    private readonly TcpSocket _socket;
    private readonly SslStream? _tls;
    private readonly Deadlines _deadlines;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _filled;
    private long _deadline = Deadlines.Never;
    private int _cut;
    private bool _disposed;

    public UpstreamConnection(Destination to, TcpSocket socket, SslStream? tls, IPEndPoint remote, Deadlines deadlines)
    {
        To = to;
        Remote = remote;
        _socket = socket;
        _tls = tls;
        _deadlines = deadlines;
        deadlines.Add(this);
    }

    public Destination To { get; }

    public IPEndPoint Remote { get; }

    public Cut Cut => (Cut)Volatile.Read(ref _cut);

    /// <summary>By which the deadline is measured.</summary>
    public TimeProvider Time => _deadlines.Time;

    /// <summary>The last read took all there was room for, so TLS may hold more than the socket shows.</summary>
    public bool MayHideMore => _filled && _tls is not null;

    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    public void Consume(int bytes) => _start += bytes;

    /// <summary>From now on nobody may be kept waiting longer than this. False: too late, the connection is closed or is
    /// just being closed; no later call takes that back.</summary>
    public bool Allow(TimeSpan limit)
    {
        var next = _deadlines.In(limit);
        var was = Volatile.Read(ref _deadline);
        while (was != Deadlines.Passed)
        {
            var seen = Interlocked.CompareExchange(ref _deadline, next, was);
            if (seen == was)
                return true;
            was = seen;
        }
        return false;
    }

    public bool HasPassed(long now)
    {
        var deadline = Volatile.Read(ref _deadline);
        return deadline <= now && Interlocked.CompareExchange(ref _deadline, Deadlines.Passed, deadline) == deadline;
    }

    public void CutOff(Cut why)
    {
        if (Interlocked.CompareExchange(ref _cut, (int)why, (int)Cut.None) == (int)Cut.None)
            _socket.Dispose();
    }

    /// <summary>As <see cref="TcpSocket.IsHere"/>.</summary>
    public bool IsHere => _socket.IsHere;

    /// <summary>Whether the peer has closed or spoken out of turn while the connection was idle (RFC 9112 s.9.3, s.9.5).</summary>
    /// <param name="surely">As <see cref="TcpSocket.IsQuiet"/>: for a request that cannot be sent once more.</param>
    public bool IsDead(bool surely) => !_socket.IsQuiet(surely);

    /// <summary>Reads once, behind what is unread. 0: the peer sent FIN.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync(bool large = false)
    {
        // A read that filled its room means bulk.
        MakeRoom(large || _filled);
        var room = _buffer.AsMemory(_end);
        var read = _tls is null
            ? await _socket.ReceiveAsync(room)
            : await _tls.ReadAsync(room);
        _end += read;
        _filled = read == room.Length;
        return read;
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
    public void ReleaseBuffer()
    {
        if (_start < _end || _buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    /// <summary>The bare connection, for what is no longer HTTP: bytes already read are in <see cref="Unread"/>.</summary>
    public (TcpSocket Socket, SslStream? Tls) TakeOver()
    {
        Allow(Timeout.InfiniteTimeSpan);
        _deadlines.Remove(this);
        return (_socket, _tls);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _deadlines.Remove(this);
        _tls?.Dispose();
        _socket.Dispose();
        // Only the reader disposes, after its last read: nobody writes into the buffer any more.
        _start = _end;
        ReleaseBuffer();
    }

    private void MakeRoom(bool large)
    {
        if (_start == _end)
            _start = _end = 0;
        var size = large ? LargeBuffer : SmallBuffer;
        if (_end == 0 && _buffer.Length < size)
        {
            ReleaseBuffer();
            _buffer = ArrayPool<byte>.Shared.Rent(size);
        }
        else if (_end == _buffer.Length)
        {
            var unread = _end - _start;
            var next = _start > 0 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            Buffer.BlockCopy(_buffer, _start, next, 0, unread);
            if (next != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = next;
            }
            _start = 0;
            _end = unread;
        }
    }
}
