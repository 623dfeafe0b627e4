using System.Collections.Concurrent;
using System.Net;
using Sluice.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>The tunnels and relays that are open, those of listeners that drain too: to be looked at, and to be closed. Safe for concurrent use.</summary>
public sealed class OpenTunnels
{
    private readonly ConcurrentDictionary<long, OpenTunnel> _open = [];

    /// <summary>How far each has come.</summary>
    public IEnumerable<OpenFlow> Flows
    {
        get
        {
            foreach (var (_, tunnel) in _open)
                yield return tunnel.Flow;
        }
    }

    /// <summary>In the order in which they began.</summary>
    /// <param name="redaction">What is not to be read; null: all may.</param>
    public IReadOnlyList<TunnelState> States(Redaction? redaction) => [.. _open.Values.Select(tunnel => tunnel.StateFor(redaction)).OrderBy(state => state.Number)];

    /// <summary>Resets both sides; its record says that an administrator closed it. False: there is no such tunnel, or it is closing already.</summary>
    public bool Close(long number) => _open.TryGetValue(number, out var tunnel) && tunnel.TryClose();

    /// <summary>One that begins; it is open until it is disposed of.</summary>
    /// <param name="close">Ends it at once, from any thread.</param>
    internal OpenTunnel Add(ExchangeRecord record, Action close) => _open[record.Number] = new OpenTunnel(this, record, close);

    internal void Remove(OpenTunnel tunnel) => _open.TryRemove(tunnel.Number, out _);
}

/// <summary>A tunnel or relay that is open.</summary>
/// <param name="Number">Of its exchange, as its record will say.</param>
/// <param name="Target"><c>host:port</c>; of an upgrade the URL, without user info.</param>
/// <param name="Since">When its exchange began.</param>
public sealed record TunnelState(
    long Number, RecordKind Kind, string Listener, string? Client, string? User, string Target, DateTimeOffset Since, long BytesUp, long BytesDown);

/// <summary>One of <see cref="OpenTunnels"/>, for whoever carries it.</summary>
internal sealed class OpenTunnel(OpenTunnels all, ExchangeRecord record, Action close) : IDisposable
{
    private volatile IRelayCount? _count;
    private int _isClosed;

    public long Number => record.Number;

    /// <summary>An administrator has closed it.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Who counts its octets; null: none have gone yet.</summary>
    public IRelayCount? Count
    {
        set => _count = value;
    }

    public OpenFlow Flow => new(record.Number, record.Listener, _count?.BytesUp ?? 0, _count?.BytesDown ?? 0);

    public TunnelState StateFor(Redaction? redaction)
    {
        var client = redaction is null ? record.Client : redaction.Client(record.Client);
        var target = redaction is null ? record.ShownUrl : redaction.Text(record.ShownUrl);
        var flow = Flow;
        return new TunnelState(
            record.Number, record.Kind, record.Listener, client is null ? null : Plain(client.Address).ToString(), record.User, target ?? "", record.Time, flow.Up, flow.Down);
    }

    /// <summary>True once.</summary>
    public bool TryClose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return false;
        close();
        return true;
    }

    public void Dispose() => all.Remove(this);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
