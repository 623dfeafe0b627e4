// One connection of a client: the server side of HTTP/1.1 (RFC 9112).
//
// What: a loop of heads and exchanges over one socket. Each head is parsed strictly, becomes an Exchange, is served and recorded; a head that
// is refused is an exchange, too: it has its answer and its record.
// Strategy:
//   Between two requests it waits without a buffer. Pipelined requests wait in the buffer and are answered in their order.
//   While an upstream is asked for a request that has been read whole, the next receive is begun already (Watch): FIN then is a half-close, so that
//     the answer must come soon (limits.halfClosed); a reset or error fires Aborted, which ends what is under way for
//     nobody; octets are the next request.
//   After the answer what is left of the body is read and dropped if that is little, else the connection ends.
//   It ends with FIN, and reads on for a moment: closing a socket with unread octets makes the kernel send RST, which may destroy
//     the answer on its way (RFC 9112 s.9.6). Break is RST at once: nobody may take what was sent so far for a whole message.
//   A tunnel takes the bare socket and what was read behind the head (TakeOverAsync); the connection then only counts as open.
// Facts: all time limits are one deadline (Net/Deadlines.cs); what it means depends on what is waited for.
using System.Net.Sockets;
using Sluice.Http;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Forwarding;

internal sealed partial class ClientConnection : TimeLimited
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private enum Wait { None, Request, Head, Sending, Linger }

    private readonly HttpServer _server;
    private readonly RequestHeadParser _parser;
    private CancellationTokenSource? _aborted;
    private ReceiveBuffer _buffer;
    private volatile Wait _wait;
    private long _headBegan;
    private long _sentBefore;
    private UpstreamRequest? _asking;
    private Task _watch = Task.CompletedTask;
    private volatile bool _watches;
    private volatile bool _finished;
    private volatile bool _closes;
    private volatile bool _broken;

    public ClientConnection(HttpServer server, TcpSocket socket, Deadlines deadlines) : base(deadlines)
    {
        _server = server;
        var limits = Limits;
        _parser = new RequestHeadParser(limits.MaxHeadBytes, limits.MaxRequestLineBytes, limits.MaxFields);
        Socket = socket;
        Answer = new AnswerWriter(this);
        Body = new ClientBody(this);
        Open();
    }

    /// <summary>As it is now.</summary>
    public ListenerGate Listener => _server.Gate;

    /// <inheritdoc cref="HttpServer.Judgings"/>
    public int Judgings => _server.Judgings;

    public TcpSocket Socket { get; private set; }

    public AnswerWriter Answer { get; }

    public ClientBody Body { get; }

    /// <summary>Upstream connections that carry the requests of this client only.</summary>
    public PinnedConnections Pinned { get; } = new();

    /// <summary>Who has logged in on it.</summary>
    public LastLogin Login { get; } = new();

    public LimitOptions Limits => Listener.Limits;

    /// <summary>Fires when the client has gone, or the server gives up on it.</summary>
    public CancellationToken Aborted => AbortedSource.Token;

    /// <summary>Its socket is a tunnel's.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>The exchange that is a tunnel while it is one.</summary>
    public volatile Exchange? Tunnel;

    /// <summary>An exchange is under way that is no tunnel.</summary>
    public bool IsServing => Tunnel is null && _wait is (Wait.None or Wait.Sending);

    /// <summary>No exchange after this one.</summary>
    public bool Closes
    {
        get => _closes;
        set => _closes = value;
    }

    /// <summary>The request that waits for an upstream's head. A client that sends FIN meanwhile may have gone or may only
    /// have finished its side: it gets its answer if that begins soon.</summary>
    public UpstreamRequest? Asking
    {
        set
        {
            // A full fence, as in WatchAsync: this sees the FIN, or that sees the request.
            Interlocked.Exchange(ref _asking, value);
            if (value is null)
                return;
            if (Body.IsComplete)
                Watch();
            if (_finished)
                value.ShortenTo(Limits.HalfClosed);
        }
    }

    /// <summary>While the rest of a request that is answered is dropped.</summary>
    public void BeginLinger() => Await(Wait.Linger, Linger);

    /// <summary>Serves it to its end. Never throws for what the client or the network does.</summary>
    public async Task ServeAsync()
    {
        try
        {
            while (!_closes)
            {
                Exchange? x;
                while (!TryBegin(out x))
                {
                    if (!AwaitHead())
                        continue;
                    if (_watches)
                        await EndWatchAsync();
                    else if (await Socket.WaitToReceiveAsync())
                        Received(await TapIfAsked().ReceiveAsync(_buffer.Room()));
                }
                if (x is null)
                    break;
                await _server.ServeAsync(x);
                var goesOn = !IsTaken && !_broken && !x.Closes && (Body.IsComplete || await Body.DropRestAsync());
                EndExchange(goesOn);
                if (!goesOn)
                    break;
            }
            if (!IsTaken && !_broken)
                await CloseAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone between two exchanges, or while it was closed.
        }
        finally
        {
            Close();
            if (!IsTaken)
                Socket.Dispose();
            // Until it has ended, it may be writing into the buffer.
            await _watch;
            Pinned.Dispose();
            Answer.Release();
            _buffer.Clear();
            _server.OnClosed();
        }
    }

    /// <summary>What has come of the request's body and of what follows.</summary>
    public Memory<byte> Unread => _buffer.Unread;

    /// <summary>Whether more has come than the head that was read last.</summary>
    public bool HasUnread => !_buffer.IsEmpty;

    public void Consume(int octets)
    {
        _buffer.Consume(octets);
        _tap?.Consumed(octets);
    }

    /// <summary>Receives more, behind what is unread. 0: FIN; -1: the wait was cancelled.</summary>
    public async ValueTask<int> FillAsync()
    {
        if (_finished)
            return 0;
        if (!await Socket.WaitToReceiveAsync())
            return -1;
        return Received(await Socket.ReceiveAsync(_buffer.Room()));
    }

    /// <summary>The request has been read to its end, and is still under way.</summary>
    public void OnRequestComplete()
    {
        if (Volatile.Read(ref _asking) is not null)
            Watch();
    }

    /// <summary>From now on what the client sends, or does, is news.</summary>
    public void Watch()
    {
        if (_watches || _finished || !_buffer.IsEmpty)
            return;
        _watches = true;
        _buffer.Release();
        _watch = WatchAsync();
    }

    /// <summary>Sends; the client may be slow, but not stand still for longer than <c>limits.body</c>. False: it is gone.</summary>
    public async ValueTask<bool> WaitForSendAsync(ValueTask sending)
    {
        try
        {
            if (!sending.IsCompleted)
            {
                _sentBefore = Socket.BytesSent;
                Await(Wait.Sending, Limits.Body);
                await sending;
                Await(Wait.None, Timeout.InfiniteTimeSpan);
            }
            else
                sending.GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Break();
            return false;
        }
    }

    /// <summary>The answer cannot be ended well: what the client has must not look whole (RFC 9112 s.8).</summary>
    public void Break()
    {
        _broken = true;
        Socket.Reset();
    }

    /// <summary>The server stops: no exchange after the one that is under way.</summary>
    public void Drain()
    {
        _closes = true;
        // This sees the wait, or AwaitHead sees the above.
        Interlocked.MemoryBarrier();
        if (_wait == Wait.Request)
            Socket.CancelWait();
    }

    /// <summary>The server stops at once.</summary>
    public void Abort()
    {
        _broken = true;
        AbortedSource.Cancel();
        Socket.Reset();
    }

    protected internal override void OnSweep() => Answer.OnSweep();

    protected internal override void OnTimedOut()
    {
        switch (IsTimedOut ? _wait : Wait.None)
        {
            case Wait.Request or Wait.Head:
                Socket.CancelWait();
                break;
            case Wait.Sending when Socket.BytesSent != _sentBefore:
                _sentBefore = Socket.BytesSent;
                AllowAnew(Limits.Body);
                break;
            case Wait.Sending:
                Socket.Reset();
                break;
            case Wait.Linger:
                Socket.Dispose();
                break;
        }
    }

    /// <summary>The next request, refused or not, or null where there is none. False: more must be received first.</summary>
    private bool TryBegin(out Exchange? next)
    {
        next = null;
        if (_broken)
            return true;
        // The buffer is the watch's until that has ended.
        if (_watches)
            return _wait == Wait.Request && _closes;
        var step = _parser.Read(_buffer.Unread.Span, out var consumed);
        Consume(consumed);
        if (step == ParseStep.Done)
            next = Begin(null);
        else if (step == ParseStep.Bad)
            next = Begin(_parser.Error);
        else if (_wait == Wait.Head && IsTimedOut)
            next = Begin(BadMessage.HeadTimedOut);
        else if (_finished && _parser.IsInside)
            next = Begin(BadMessage.Incomplete);
        else
            return _finished || (_wait == Wait.Request && (_closes || IsTimedOut));
        return true;
    }

    /// <summary>False: the connection is to end, and Drain may not have seen this wait.</summary>
    private bool AwaitHead()
    {
        if (_parser.IsInside)
        {
            if (_headBegan == 0)
            {
                _headBegan = Time.GetTimestamp();
                Await(Wait.Head, Limits.Head);
            }
            return true;
        }
        if (!_watches)
            _buffer.Release();
        Await(Wait.Request, Limits.KeepAlive);
        return !_closes;
    }

    private Exchange Begin(BadMessage? refused)
    {
        Await(Wait.None, Timeout.InfiniteTimeSpan);
        var x = new Exchange(this, _parser, refused, Time, _headBegan);
        _headBegan = 0;
        Answer.Begin(x);
        Body.Begin(BodyLength.None, expectsContinue: false);
        return x;
    }

    private int Received(int octets)
    {
        if (octets == 0)
            _finished = true;
        else
            _buffer.Add(octets);
        return octets;
    }

    private async Task WatchAsync()
    {
        try
        {
            while (!await Socket.WaitToReceiveAsync())
            {
                // Else it was the wait of a body, or of a head, that should have been cancelled.
                if (!_watches || _wait == Wait.Request)
                    return;
            }
            if (Received(await TapIfAsked().ReceiveAsync(_buffer.Room())) > 0)
                return;
            Interlocked.MemoryBarrier();
            Volatile.Read(ref _asking)?.ShortenTo(Limits.HalfClosed);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _broken = true;
            // Callbacks of others: not under the wait of this one.
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.AbortedSource.Cancel(), this, preferLocal: false);
        }
    }

    private Task EndWatchAsync()
    {
        _watches = false;
        return _watch;
    }

    private async ValueTask CloseAsync()
    {
        // Between two requests no answer is on its way that a reset could destroy.
        if (!Socket.TryShutdownSend() || _finished || _wait == Wait.Request)
            return;
        BeginLinger();
        if (_watches)
            await EndWatchAsync();
        do
        {
            _buffer.Consume(_buffer.Unread.Length);
            await Socket.NextTurn();
        }
        while (await FillAsync() != 0);
    }

    private void Await(Wait what, TimeSpan limit)
    {
        _wait = what;
        AllowAnew(limit);
    }

    // Most connections never need one.
    private CancellationTokenSource AbortedSource =>
        _aborted ?? LazyInitializer.EnsureInitialized(ref _aborted, static () => new CancellationTokenSource());
}
