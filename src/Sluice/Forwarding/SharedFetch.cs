// One fetch for all who ask for the same, and the places of its readers.
//
// What: the state between the one who reads from the upstream (Fetch.RunAsync) and any number of clients, who wait for the head, then for
//   more of the body. The body is in the blocks of the entry that is being built (BodyReader), and nowhere else.
// Strategy: the one who reads appends without a lock and then publishes the length: whoever waits is taken out of the list under the lock and
//   woken outside of it, each on its client's own loop, so that a thousand sends are not one turn. A lone reader goes on at once, on the stack
//   of the one who reads: it costs no hop.
//   Nobody waits for a reader while the body is kept. When it outgrows what may be kept, its beginning is let go, nobody new may
//   follow, and the reading waits until the slowest is less than a window behind.
//   The last reader's leaving ends the fetch, unless the cache wants the rest: half of it has come, or little is missing.
// Facts: as Squid's quick_abort, but at half instead of 95 %: a client that leaves after half of a body costs as much to
//   fetch again as to complete, and the next one has it.
using System.Threading.Tasks.Sources;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

internal enum FetchOutcome : byte
{
    /// <summary>The head has not come.</summary>
    None,

    /// <summary>All follow it.</summary>
    Store,

    /// <summary>It is the first one's alone.</summary>
    Pass,

    /// <summary>What is held serves: confirmed, or in place of a 5xx.</summary>
    Serve,

    /// <summary>There is none.</summary>
    Failed,

    /// <summary>It did not begin: the cache has got an answer meanwhile.</summary>
    LookAgain,
}

/// <param name="forNobody">A refresh: it goes on without readers.</param>
internal sealed class SharedFetch(FetchKey key, AddressRules rules, Lookup lookup, TimeSpan patience, bool forNobody)
{
    private const long Window = 1 << 20;
    private const long SmallRest = 64 << 10;

    private readonly Lock _gate = new();
    private readonly List<FetchReader> _readers = new(1);
    private CancellationTokenSource? _unwanted;
    private FetchReader? _waiting;
    private UpstreamRequest? _request;
    private TaskCompletionSource? _room;
    private bool _closed;
    private volatile FetchOutcome _outcome;
    private volatile bool _ended;
    private long _published;

    public FetchKey Key => key;

    public AddressRules Rules => rules;

    public Lookup Lookup => lookup;

    /// <summary>Of the request under way; null: it is not traced.</summary>
    public FetchTrace? Span { get; set; }

    /// <summary>Fires when nobody wants it any more.</summary>
    public CancellationToken Unwanted => UnwantedSource.Token;

    public FetchOutcome Outcome => _outcome;

    /// <summary>Of Pass: the one who began it has the answer, and ends it.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>Without an answer there is only its error.</summary>
    public UpstreamReply Reply { get; private set; } = null!;

    public Admission Admission { get; private set; } = null!;

    public bool HasEnded => _ended;

    public int Readers
    {
        get
        {
            lock (_gate)
                return _readers.Count;
        }
    }

    public long Published => Volatile.Read(ref _published);

    /// <summary>The one under way; more than one reader, and no single client shortens it.</summary>
    public UpstreamRequest? Request
    {
        get => _request;
        set
        {
            lock (_gate)
            {
                _request = value;
                if (forNobody || _readers.Count > 1)
                    value!.Share(patience);
            }
        }
    }

    /// <summary>False: too late, it takes no more readers.</summary>
    public bool TryJoin(FetchReader reader)
    {
        lock (_gate)
        {
            if (_closed || _ended)
                return false;
            if (_outcome == FetchOutcome.Store && !reader.TryBegin())
                return false;
            _readers.Add(reader);
            if (_readers.Count == 2)
                _request?.Share(patience);
        }
        reader.WatchClient();
        return true;
    }

    public void Leave(FetchReader reader)
    {
        bool wake, cancel;
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (reader.HasLeft)
                return;
            reader.HasLeft = true;
            _readers.Remove(reader);
            wake = reader.IsWaiting;
            reader.IsWaiting = false;
            cancel = _readers.Count == 0 && !_ended && !WantsRest();
            _closed |= cancel;
            (room, _room) = (_room, null);
        }
        if (wake)
            reader.Wake(here: false);
        room?.TrySetResult();
        if (cancel)
            UnwantedSource.Cancel();
    }

    /// <summary>Until there is news for the reader, or it has left.</summary>
    public ValueTask WaitAsync(FetchReader reader)
    {
        lock (_gate)
        {
            if (reader.HasLeft || (reader.Body is { } body ? _ended || _published > body.Position : _outcome != FetchOutcome.None))
                return default;
            reader.IsWaiting = true;
            reader.NextWaiting = _waiting;
            _waiting = reader;
            return reader.Wait();
        }
    }

    /// <summary>The answer's head has come, and all follow its body. They hear of it with the first <see cref="Publish"/>.</summary>
    public void Begin(UpstreamReply reply, Admission admission)
    {
        lock (_gate)
        {
            Reply = reply;
            Admission = admission;
            foreach (var reader in _readers)
                reader.TryBegin(admission.Writer!);
            _outcome = FetchOutcome.Store;
        }
    }

    /// <summary>As much of the body is there for all.</summary>
    public void Publish(long length)
    {
        FetchReader? waiting;
        bool alone;
        lock (_gate)
        {
            Volatile.Write(ref _published, length);
            (waiting, _waiting, alone) = (_waiting, null, _readers.Count == 1);
        }
        Wake(waiting, alone);
    }

    /// <summary>While the body is not kept: until the slowest reader is near enough. False: there are none.</summary>
    public async ValueTask<bool> WaitForReadersAsync()
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_readers.TrueForAll(reader => _published - reader.Position <= Window))
                    return _readers.Count > 0;
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }
            await room;
        }
    }

    /// <summary>A reader has sent what it had.</summary>
    public void Advanced()
    {
        if (Volatile.Read(ref _room) is null)
            return;
        TaskCompletionSource? room;
        lock (_gate)
            (room, _room) = (_room, null);
        room?.TrySetResult();
    }

    /// <summary>The body has come to its end, or has broken off: <see cref="UpstreamReply.Error"/>.</summary>
    public void End(long length)
    {
        FetchReader? waiting;
        bool alone;
        lock (_gate)
        {
            Volatile.Write(ref _published, length);
            _ended = true;
            (waiting, _waiting, alone) = (_waiting, null, _readers.Count == 1);
        }
        Wake(waiting, alone);
    }

    /// <summary>No body to follow: all go on by themselves.</summary>
    public void Release(FetchOutcome outcome, UpstreamReply reply, Admission? admission)
    {
        FetchReader? waiting;
        bool alone;
        lock (_gate)
        {
            if (_outcome != FetchOutcome.None)
                return;
            Reply = reply;
            Admission = admission!;
            _closed = true;
            _outcome = outcome;
            (waiting, _waiting, alone) = (_waiting, null, _readers.Count == 1);
            IsHandedOver = outcome == FetchOutcome.Pass && _readers.Exists(static reader => reader.IsFirst);
        }
        Wake(waiting, alone);
    }

    /// <summary>A bug of ours ended it: its readers' answers break off.</summary>
    public void GiveUp()
    {
        FetchReader? waiting;
        lock (_gate)
        {
            if (_ended || _outcome is not (FetchOutcome.None or FetchOutcome.Store))
                return;
            _closed = true;
            foreach (var reader in _readers)
                reader.HasLeft = true;
            _readers.Clear();
            (waiting, _waiting) = (_waiting, null);
        }
        Wake(waiting, alone: false);
    }

    private static void Wake(FetchReader? waiting, bool alone)
    {
        while (waiting is { } reader)
        {
            (waiting, reader.NextWaiting) = (reader.NextWaiting, null);
            if (reader.TakeWait())
                reader.Wake(here: alone);
        }
    }

    // Never disposed: it has no timer, and who leaves late may still fire it.
    private CancellationTokenSource UnwantedSource =>
        _unwanted ?? LazyInitializer.EnsureInitialized(ref _unwanted, static () => new CancellationTokenSource());

    private bool WantsRest() => forNobody
        || _outcome == FetchOutcome.Store && Admission.Writer is { Stored: true, ExpectedLength: { } expected }
            && (expected - _published <= SmallRest || _published >= expected / 2);
}

/// <summary>The place of one client in a <see cref="SharedFetch"/>.</summary>
internal sealed class FetchReader(Exchange x, SharedFetch fetch, bool isFirst) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _signal;
    private CancellationTokenRegistration _aborted;
    private Action? _resume;
    private int _isWaiting;

    public bool IsFirst => isFirst;

    public SharedFetch Fetch => fetch;

    /// <summary>There once the head has come and there is a body to follow.</summary>
    public BodyReader? Body { get; private set; }

    public long Position => Body?.Position ?? 0;

    /// <summary>Its client has gone, or takes no more.</summary>
    public bool HasLeft { get; set; }

    public FetchReader? NextWaiting { get; set; }

    public bool IsWaiting
    {
        get => Volatile.Read(ref _isWaiting) != 0;
        set => Volatile.Write(ref _isWaiting, value ? 1 : 0);
    }

    public bool TakeWait() => Interlocked.Exchange(ref _isWaiting, 0) != 0;

    public bool TryBegin() => TryBegin(fetch.Admission.Writer!);

    public bool TryBegin(EntryWriter writer) => (Body = writer.Read()) is not null;

    public void WatchClient() =>
        _aborted = x.Aborted.UnsafeRegister(static reader => ((FetchReader)reader!).Leave(), this);

    public void Leave() => fetch.Leave(this);

    /// <summary>The end of the client's part in it.</summary>
    public void Dispose()
    {
        _aborted.Dispose();
        Leave();
    }

    public ValueTask Wait()
    {
        _signal.Reset();
        return new ValueTask(this, _signal.Version);
    }

    public void Wake(bool here)
    {
        if (here)
            Resume();
        else
            x.Client.Socket.NextTurn().UnsafeOnCompleted(_resume ??= Resume);
    }

    private void Resume() => _signal.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);
}
