using System.Net;
using Sluice.Net;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>A tcp listener: each connection it accepts is relayed to the one upstream; one record each.
/// What the upstream does is passed on as such: a refused or failed dial resets the client.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly ListenerGate _gate;
    private readonly Dialer _dialer;
    private readonly LimitOptions _limits;
    private readonly Action<ExchangeRecord> _write;
    private readonly Deadlines _deadlines;
    private readonly SocketListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private int _open = 1; // the accepting loop counts as one

    public TcpRelay(ListenerGate gate, SocketListener listener, Dialer dialer, LimitOptions limits, Action<ExchangeRecord> write, Deadlines deadlines)
    {
        _gate = gate;
        _listener = listener;
        _dialer = dialer;
        _limits = limits;
        _write = write;
        _deadlines = deadlines;
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Accepts no more, gives open relays the drain time, then resets them.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Unbind();
        await _accepting;
        Leave();
        await Task.WhenAny(_drained.Task, Task.Delay(_limits.Drain, _deadlines.Time));
        await _stop.CancelAsync();
        await _drained.Task;
        _stop.Dispose();
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
        var to = _gate.Options.To!.Value;
        var record = ExchangeRecord.Begin(_deadlines.Time, _gate.Options.Name, client.RemoteEndPoint);
        record.Kind = RecordKind.Relay;
        record.Url = to.ToString();
        try
        {
            if (!_gate.Admits(record.Client))
            {
                record.Error = "http_request_denied";
                record.ErrorDetail = "the client's network is not allowed on this listener";
                client.Reset();
            }
            else
                await RelayAsync(client, to, record);
        }
        finally
        {
            record.Duration = _deadlines.Time.GetElapsedTime(began);
            _write(record);
            Leave();
        }
    }

    private async Task RelayAsync(TcpSocket client, HostPort to, ExchangeRecord record)
    {
        DialResult dial;
        try
        {
            dial = await _dialer.DialAsync(to, _gate.Addresses, _limits.Connect, _stop.Token);
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
        var result = await new Relay(client, upstream, _deadlines).RunAsync(default, _limits.TunnelIdle, _stop.Token);
        RelayOutcome.Note(record, result);
        record.TimeToFirstByte = result.FirstByteDown;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _drained.TrySetResult();
    }
}
