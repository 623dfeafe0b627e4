using System.Net;
using System.Net.Sockets;
using Sluice.Net;

namespace Sluice.Records.Pcap;

/// <summary>Hears one connection for all captures that chose an exchange on it. In each it is one stream: the exchanges that were chosen follow each other in it, and what
/// lies between is not there.</summary>
/// <param name="weDialled">The peer is an upstream.</param>
/// <param name="opened">When it was made.</param>
internal sealed class ConnectionTap(IPEndPoint? local, IPEndPoint? remote, bool weDialled, DateTimeOffset opened, bool isDecrypted) : SocketTap
{
    private static readonly IPEndPoint Unknown = new(IPAddress.Any, 0);

    private readonly Lock _gate = new();
    private readonly List<CapturedStream> _streams = []; // that are open
    private CapturedExchange? _exchange;
    private string? _comment;
    private string? _end;
    private volatile bool _isListening;

    public override bool IsListening => _isListening;

    /// <summary>What passes now is of this exchange.</summary>
    public void Begin(CapturedExchange exchange)
    {
        lock (_gate)
        {
            _exchange = exchange;
            _isListening = true;
            _comment = !weDialled ? exchange.About : isDecrypted ? $"upstream of {exchange.About}, decrypted" : $"upstream of {exchange.About}";
            _streams.RemoveAll(static stream => stream.IsLost || stream.Capture.IsOver);
            foreach (var capture in exchange.Captures)
                if (!_streams.Exists(stream => stream.Capture == capture))
                    _streams.Add(Open(capture));
        }
    }

    public override void Pause()
    {
        lock (_gate)
        {
            _exchange = null;
            _isListening = false;
        }
    }

    public override void Received(ReadOnlySpan<byte> octets) => Received(octets, null);

    /// <param name="time">When, in nanoseconds since 1970; null: now.</param>
    public void Received(ReadOnlySpan<byte> octets, long? time)
    {
        if (octets.IsEmpty)
            End(PassedKind.End, isPeers: true);
        else
            Pass(octets, isPeers: true, time);
    }

    public override void Sent(ReadOnlySpan<byte> octets) => Pass(octets, isPeers: false, null);

    public override void Unsent(long octets) => _end = $"The last {octets} octets of what is here did not go: the connection broke";

    public override void SentEnd() => End(PassedKind.End, isPeers: false);

    public override void WasReset() => End(PassedKind.Reset, isPeers: true);

    public override void Closed(bool resets) => End(resets ? PassedKind.Reset : PassedKind.End, isPeers: false);

    private void Pass(ReadOnlySpan<byte> octets, bool isPeers, long? time)
    {
        if (!_isListening)
            return;
        lock (_gate)
        {
            if (_exchange is not { } exchange)
                return;
            foreach (var stream in _streams)
                if (exchange.Captures.Contains(stream.Capture))
                    stream.Capture.Put(stream, PassedKind.Octets, isPeers != weDialled, time ?? stream.Capture.Now, octets, _comment);
            _comment = null;
        }
    }

    // Also of streams whose exchange is over: they end with their connection.
    private void End(PassedKind kind, bool isPeers)
    {
        lock (_gate)
        {
            foreach (var stream in _streams)
                stream.Capture.Put(stream, kind, isPeers != weDialled, stream.Capture.Now, [], _end);
            if (kind == PassedKind.Reset)
                _streams.Clear();
        }
    }

    private CapturedStream Open(Capture capture)
    {
        var (here, there) = Ends();
        var time = (opened - DateTimeOffset.UnixEpoch).Ticks * 100;
        return weDialled
            ? new CapturedStream(capture, here, there, time, isDecrypted ? "To an upstream; what went through TLS is here without it" : "To an upstream", isDecrypted)
            : new CapturedStream(capture, there, here, time, "From a client", isDecrypted);
    }

    /// <summary>Both of one family: a listener on all addresses has IPv4 as a part of IPv6.</summary>
    private (IPEndPoint Here, IPEndPoint There) Ends()
    {
        var (here, there) = (Plain(local ?? Unknown), Plain(remote ?? Unknown));
        return here.AddressFamily == there.AddressFamily ? (here, there) : (Wide(here), Wide(there));
    }

    private static IPEndPoint Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;

    private static IPEndPoint Wide(IPEndPoint end) =>
        end.AddressFamily == AddressFamily.InterNetworkV6 ? end : new IPEndPoint(end.Address.MapToIPv6(), end.Port);
}
