using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Sluice.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>The server side of HTTP on one listener: accepts clients, carries their connections (<see cref="ClientConnection"/>), has each
/// exchange served by <see cref="HttpProxy"/> and writes its record.</summary>
internal sealed class HttpServer : IServer
{
    private readonly HttpProxy _proxy;
    private readonly Action<ExchangeRecord> _write;
    private readonly Tracing? _tracing;
    private readonly ILogger _log;
    private readonly Deadlines _deadlines;
    private readonly SocketListener _listener;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ListenerGate _gate;
    private int _open = 1; // the listener counts as one
    private int _judgings;
    private volatile bool _stops;

    /// <param name="listener">Already bound.</param>
    public HttpServer(ListenerGate gate, SocketListener listener, HttpProxy proxy, Action<ExchangeRecord> write, Tracing? tracing, ILoggerFactory loggers, TimeProvider time)
    {
        _tracing = tracing;
        _gate = gate;
        _proxy = proxy;
        _write = write;
        _log = loggers.CreateLogger("Sluice.Http");
        _deadlines = new Deadlines(time);
        _listener = listener;
        _ = listener.AcceptAsync(Accept);
    }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Null: nobody can capture.</summary>
    public Captures? Captures { get; init; }

    public ListenerGate Gate
    {
        get => _gate;
        set => _gate = value;
    }

    /// <summary>How often the open tunnels have been judged again: it grows when the rules, their lists or the users have changed, before these are.</summary>
    public int Judgings => Volatile.Read(ref _judgings);

    public ListenerLoad Load
    {
        get
        {
            var load = new ListenerLoad { Listener = _gate.Options.Name };
            ForEach(client => load = load with
            {
                Connections = load.Connections + 1,
                Exchanges = load.Exchanges + (client.IsServing ? 1 : 0),
                Connects = load.Connects + (client.Tunnel is { Record.Kind: RecordKind.Connect } ? 1 : 0),
                Upgrades = load.Upgrades + (client.Tunnel is { Record.Kind: RecordKind.Upgrade } ? 1 : 0),
            });
            return load;
        }
    }

    /// <summary>Accepts no more, lets open exchanges end for the drain time, then breaks them off.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _stops = true;
        ForEach(static client => client.Drain());
        OnClosed();
        await Task.WhenAny(_drained.Task, Task.Delay(_gate.Limits.Drain, _deadlines.Time));
        ForEach(static client => client.Abort());
        await _drained.Task;
        _deadlines.Dispose();
    }

    public void JudgeAgain()
    {
        Interlocked.Increment(ref _judgings);
        ForEach(static client => client.Tunnel?.JudgeAgain());
    }

    /// <summary>The life of an exchange, and its record. Never throws.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask ServeAsync(Exchange x)
    {
        x.Record.Trace = _tracing?.Begin(x.Record, x.Fields, x.Began);
        try
        {
            await _proxy.ServeAsync(x);
        }
        catch (Exception bug)
        {
            ForwardingLog.ExchangeFailed(_log, x.Record.Number, bug);
            x.Record.Error = "proxy_internal_error";
            x.Record.ErrorDetail = bug.Message;
            await FailAsync(x);
        }
        x.MarkEnd();
        _write(x.Record);
    }

    /// <summary>500 where nothing of an answer has gone, else the end of the connection.</summary>
    private async ValueTask FailAsync(Exchange x)
    {
        try
        {
            if (!x.Client.IsTaken && x.Answer.TryTakeBack())
                await _proxy.FailAsync(x);
            else
                x.Break();
        }
        catch (Exception again)
        {
            ForwardingLog.ExchangeFailed(_log, x.Record.Number, again);
            x.Break();
        }
    }

    internal void OnClosed()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _drained.TrySetResult();
    }

    private void Accept(TcpSocket socket)
    {
        Interlocked.Increment(ref _open);
        var client = new ClientConnection(this, socket, _deadlines);
        // Accepted while the listener was unbound: DisposeAsync sees it, or this sees the stop.
        if (_stops)
            client.Drain();
        _ = client.ServeAsync();
    }

    private void ForEach(Action<ClientConnection> act)
    {
        foreach (var client in _deadlines.Snapshot())
            act((ClientConnection)client);
    }
}
