// One accepted socket, as Kestrel's connection and as our own.
//
// What: SocketInput and SocketOutput around one socket, and the four ways in which a connection ends.
// Strategy:
//   FIN from the client is a half-close: the input completes after its data, ClientFinished is set, and nothing else
//     happens, so that a request that was complete is still answered. ConnectionClosed, which makes Kestrel abort the
//     request under way, fires only when the connection is really gone: reset, failed send, Abort, DisposeAsync.
//   DisposeAsync sends what is left, then FIN, and where the client has not finished, reads on for a moment before it
//     closes: closing a socket with unread bytes makes the kernel send RST, which may destroy the answer on its way
//     (RFC 9112 s.9.6).
//   Abort is RST at once: nobody may take what was sent so far for a whole message.
//   TakeOverAsync ends the receive loop without losing a byte and hands out the bare socket; from then on the pipes
//     are inert (input: completed and empty; output: swallows) and only Abort still touches the socket. Kestrel, when
//     its handler returns, writes its idea of an answer to nobody, reads the end of the input and leaves quietly.
using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Net;

/// <summary>One TCP connection. In a request handler: <c>features.Get&lt;SocketConnection&gt;()</c>.</summary>
public sealed class SocketConnection : ConnectionContext, IDuplexPipe, IConnectionIdFeature, IConnectionTransportFeature,
    IConnectionItemsFeature, IMemoryPoolFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);
    private const int LingerBlock = 16 << 10;
    private static long _lastId;

    private readonly TcpSocket _socket;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SocketInput _input;
    private readonly SocketOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly long _number = Interlocked.Increment(ref _lastId);
    private string? _id;
    private IDictionary<object, object?>? _items;
    private TaskCompletionSource? _finished;
    private Exception? _endedBy;
    private int _closedFired;
    private volatile bool _clientFinished;
    private volatile bool _taken;

    private SocketConnection(TcpSocket socket, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _time = time;
        _logger = logger;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        _input = new SocketInput(this, socket);
        _output = new SocketOutput(this, socket);
        Transport = this;
        Features.Set(this);
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
    }

    /// <summary>Takes the socket over and begins to receive.</summary>
    public static SocketConnection Start(TcpSocket socket, TimeProvider? time = null, ILogger? logger = null)
    {
        var connection = new SocketConnection(socket, time ?? TimeProvider.System, logger ?? NullLogger.Instance);
        connection._input.Start();
        return connection;
    }

    public override string ConnectionId
    {
        get => _id ??= _number.ToString("x", CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection(16);

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public MemoryPool<byte> MemoryPool => KestrelBlocks.Instance;

    PipeReader IDuplexPipe.Input => _input;

    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>Bytes received so far, not counting those after a takeover.</summary>
    public long BytesRead => _input.Bytes;

    /// <summary>Bytes handed to the kernel so far, not counting those after a takeover.</summary>
    public long BytesWritten => _output.Bytes;

    /// <summary>Up to 256 bytes: the first ones received since the last byte was sent, for the record of a request
    /// that Kestrel refuses itself. Exact for a connection's first request and for later ones, pipelined or not;
    /// not for a request behind one whose body was still arriving when its answer had been sent.</summary>
    public ReadOnlyMemory<byte> FirstBytes => _input.FirstBytes;

    /// <summary>Whether the client has sent FIN.</summary>
    public bool ClientFinished => _clientFinished;

    /// <summary>Completes when the client has sent FIN; never with an error.</summary>
    public Task WhenClientFinished
    {
        get
        {
            var source = Volatile.Read(ref _finished);
            if (source is null)
            {
                var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                source = Interlocked.CompareExchange(ref _finished, mine, null) ?? mine;
            }
            if (_clientFinished)
                source.TrySetResult();
            return source.Task;
        }
    }

    /// <summary>Writes a block of the response's body, by reference where the way is clear: HTTP/1.x without TLS, the
    /// head already begun (<c>IHttpResponseBodyFeature.StartAsync</c>), no chunking by Kestrel (Content-Length or our
    /// own Transfer-Encoding), no flush pending; otherwise by copy, with the same bytes on the wire.
    /// The next flush sends it, in one system call with what was written before.</summary>
    /// <param name="body"><c>IHttpResponseBodyFeature.Writer</c>, or this connection's own output.</param>
    /// <param name="block">Must stay as it is until that flush has completed.</param>
    /// <returns>Whether it goes by reference.</returns>
    // How: GetMemory(block.Length) comes through Kestrel to our writer with its hint unchanged, and is answered with the
    // block itself, so that Kestrel's Advance counts it and copies nothing. A chunking Kestrel asks for 12 bytes more
    // (it would write the chunk's size into the block), a not yet begun one does not ask at all: both get a copy.
    public bool Lend(PipeWriter body, ReadOnlyMemory<byte> block)
    {
        if (block.IsEmpty)
            return true;
        if (!MemoryMarshal.TryGetArray(block, out var array))
        {
            body.Write(block.Span);
            return false;
        }
        _output.Offer(array);
        var memory = body.GetMemory(block.Length);
        var lent = _output.EndOffer();
        if (!lent)
            block.CopyTo(memory);
        body.Advance(block.Length);
        return lent;
    }

    /// <summary>Writes and flushes an interim response (RFC 9110 s.15.2), head and empty line, as it is. HTTP/1.1
    /// without TLS only, before the response is begun; safe beside Kestrel's own 100 (Continue).</summary>
    /// <param name="head">Must stay as it is until the task has completed.</param>
    public ValueTask<FlushResult> WriteInterimAsync(ReadOnlyMemory<byte> head) => _output.SendApartAsync(head);

    /// <summary>Takes the bare socket out of the connection: for CONNECT and Upgrade over HTTP/1.x without TLS, once
    /// the request's head has been parsed and while nobody reads or writes. The handler then writes its own head to the
    /// socket, runs the tunnel to its end and simply returns. Until then <see cref="ConnectionClosed"/> tells of an
    /// Abort (a server that stops; it resets the socket), and the server counts the connection as open.</summary>
    /// <exception cref="ConnectionResetException">The connection has ended.</exception>
    public async ValueTask<TakenSocket> TakeOverAsync()
    {
        await _output.DrainAsync();
        _output.Swallow();
        _taken = true;
        await _input.StopAsync();
        if (_closed.IsCancellationRequested || _endedBy is not null)
        {
            _socket.Dispose();
            throw new ConnectionResetException("The connection has ended.", _endedBy!);
        }
        return new TakenSocket(_socket, _input.TakeRest());
    }

    /// <summary>RST; fires <see cref="ConnectionClosed"/>.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        End(abortReason);
        _output.MakeInert();
        _socket.Reset();
    }

    public override void Abort() => Abort(new ConnectionAbortedException());

    /// <summary>Sends the rest and FIN, then closes; a socket that was taken over is left alone.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (!_taken)
            await CloseAsync();
        _output.Release();
        FireClosed();
        await base.DisposeAsync();
    }

    private async ValueTask CloseAsync()
    {
        await _output.CompleteAsync();
        await _input.StopAsync();
        await _input.CompleteAsync();
        if (_clientFinished || _endedBy is not null)
            _socket.Dispose();
        else
            _ = LingerAsync();
    }

    /// <summary>Reads what the client still sends until its FIN or for 2 s, then closes.</summary>
    private async Task LingerAsync()
    {
        await using var limit = _time.CreateTimer(static socket => ((TcpSocket)socket!).Dispose(), _socket, Linger, Timeout.InfiniteTimeSpan);
        var block = ArrayPool<byte>.Shared.Rent(LingerBlock);
        try
        {
            while (await _socket.ReceiveAsync(block) is > 0 and var received)
                if (received == block.Length)
                    await _socket.NextTurn();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Gone, or too slow: either way it is over.
        }
        ArrayPool<byte>.Shared.Return(block);
        _socket.Dispose();
    }

    internal void OnFin()
    {
        _clientFinished = true;
        Volatile.Read(ref _finished)?.TrySetResult();
    }

    /// <summary>The error with which the input completes.</summary>
    internal Exception OnReceiveError(Exception error)
    {
        End(error is SocketException ? new ConnectionResetException(error.Message, error) : error);
        _output.MakeInert();
        return _endedBy!;
    }

    internal Exception OnReceiveBug(Exception error)
    {
        NetLog.ReceiveFailed(_logger, error);
        Abort(new ConnectionAbortedException(error.Message, error));
        return error;
    }

    internal void OnSendError(Exception error) =>
        End(error is SocketException ? new ConnectionResetException(error.Message, error) : error);

    internal void ShutdownSend() => _socket.TryShutdownSend();

    private void End(Exception reason)
    {
        Interlocked.CompareExchange(ref _endedBy, reason, null);
        if (Volatile.Read(ref _closedFired) == 0)
            // Callbacks of others: not on the I/O thread, and not under a caller's lock.
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.FireClosed(), this, preferLocal: false);
    }

    private void FireClosed()
    {
        if (Interlocked.Exchange(ref _closedFired, 1) != 0)
            return;
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException error)
        {
            NetLog.ClosedCallbackFailed(_logger, error);
        }
    }
}
