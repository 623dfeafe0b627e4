using System.Net;
using Sluice.Net;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>A tcp listener: each connection it accepts is relayed to the one upstream; one record each.
/// What the upstream does is passed on as such: a refused or failed dial resets the client.</summary>
internal sealed class TcpRelay : IServer
{
    private readonly Dialer _dialer;
    private readonly Action<ExchangeRecord> _write;
    private readonly Tracing? _tracing;
    private readonly Deadlines _deadlines;
    private readonly SocketListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private volatile ListenerGate _gate;
    private int _open = 1; // the accepting loop counts as one

    public TcpRelay(ListenerGate gate, SocketListener listener, Dialer dialer, Action<ExchangeRecord> write, Tracing? tracing, TimeProvider time)
    {
        _tracing = tracing;
        _gate = gate;
        _listener = listener;
        _dialer = dialer;
        _write = write;
        _deadlines = new Deadlines(time);
        _accepting = AcceptAsync();
    }

    /// <summary>Where its relays are listed while they are open.</summary>
    public required OpenTunnels Tunnels { get; init; }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Null: nobody can capture.</summary>
    public Captures? Captures { get; init; }

    public ListenerGate Gate
    {
        get => _gate;
        set => _gate = value;
    }

    public ListenerLoad Load
    {
        get
        {
            var open = Math.Max(0, Volatile.Read(ref _open) - 1);
            return new ListenerLoad(_gate.Options.Name, open, 0, 0, 0, open) { IsRelay = true };
        }
    }

    public void JudgeAgain()
    {
        foreach (var relay in _deadlines.Snapshot().Cast<Relay>())
            if (!_gate.Admits(relay.Client))
                relay.Stop();
    }

    /// <summary>Accepts no more, gives open relays the drain time, then resets them.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Unbind();
        await _accepting;
        Leave();
        await Task.WhenAny(_drained.Task, Task.Delay(_gate.Limits.Drain, _deadlines.Time));
        await _stop.CancelAsync();
        await _drained.Task;
        _stop.Dispose();
        _deadlines.Dispose();
    }

    private async Task AcceptAsync()
    {
        await _listener.AcceptAsync(client =>
        {
            Interlocked.Increment(ref _open);
            _ = ServeAsync(client);
        });
    }

    private async Task ServeAsync(TcpSocket client)
    {
        var began = _deadlines.Time.GetTimestamp();
        var gate = _gate;
        var record = ExchangeRecord.Begin(_deadlines.Time, gate.Options.Name, client.RemoteEndPoint);
        var to = gate.Options.To!.Value;
        record.Generation = gate.Generation;
        record.Kind = RecordKind.Relay;
        record.Url = to.ToString();
        var captured = Captures is { IsOn: true } captures ? captures.Choose(record) : null;
        client = captured?.Tap(client, weDialled: false) ?? client;
        record.Trace = _tracing?.Begin(record, null, began);
        try
        {
            if (!gate.Admits(record.Client))
            {
                record.Error = "http_request_denied";
                record.ErrorDetail = "the client's network is not allowed on this listener";
                client.Reset();
            }
            else
                await RelayAsync(client, gate, to, record, captured);
        }
        finally
        {
            record.Duration = _deadlines.Time.GetElapsedTime(began);
            _write(record);
            Leave();
        }
    }

    private async Task RelayAsync(TcpSocket client, ListenerGate gate, HostPort to, ExchangeRecord record, CapturedExchange? captured)
    {
        DialResult dial;
        record.Trace?.Enter(Stage.Connect);
        try
        {
            dial = await _dialer.DialAsync(to, gate.Addresses, gate.Limits.Connect, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            client.Reset();
            record.Error = "stopped";
            return;
        }
        record.Upstream = dial.Remote;
        if (dial.Socket is not { } upstream)
        {
            client.Reset();
            record.Error = ForwardErrors.Of(dial.Error).Row().ProxyError;
            return;
        }
        upstream = captured?.Tap(upstream, weDialled: true) ?? upstream;
        record.Trace?.Enter(Stage.Relay);
        var relay = new Relay(client, upstream, _deadlines);
        using var open = Tunnels.Add(record, relay.Stop);
        open.Count = relay;
        var running = relay.RunAsync(default, gate.Limits.TunnelIdle, _stop.Token);
        // Judged again while it was dialled, it was not among those that are.
        if (!_gate.Admits(record.Client))
            relay.Stop();
        var result = await running;
        if (result.End == RelayEnd.Stopped && !open.IsClosed && !_gate.Admits(record.Client))
            record.Verdict = ListenerGate.ForeignClient;
        RelayOutcome.Note(record, result, open);
        record.TimeToFirstByte = result.FirstByteDown;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _drained.TrySetResult();
    }
}
