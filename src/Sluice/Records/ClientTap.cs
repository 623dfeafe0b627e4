// What is heard of a client that asks over HTTP.
//
// What: which octets of the connection are of which exchange, and of those that are chosen, what passes.
// Strategy: octets are kept from when they are received until the exchange that they belong to is judged: the proxy says how many it consumes. So requests that come
// together (pipelined) can be told apart, and a head that is read in pieces is whole when somebody wants it. What is kept is never more than the connection's own buffer and
// the head that is being read. Once the connection is a tunnel's, all belongs to that exchange.
using System.Buffers;
using System.Net;
using Sluice.Net;
using Sluice.Records.Pcap;

namespace Sluice.Records;

/// <summary>The tap on one client's connection.</summary>
public sealed class ClientTap : SocketTap
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ConnectionTap _tap;
    private readonly Queue<Kept> _kept = [];
    private int _gone;      // of the first that is kept
    private long _consumed; // of what is kept
    private bool _isJudged;
    private bool _isTunnel;

    internal ClientTap(IPEndPoint? local, IPEndPoint? remote, TimeProvider time)
    {
        _time = time;
        _tap = new ConnectionTap(local, remote, weDialled: false, time.GetUtcNow(), isDecrypted: false);
    }

    /// <summary>That is under way; null: nobody wants it, or it has not been judged.</summary>
    public CapturedExchange? Exchange { get; private set; }

    public override bool IsListening => _tap.IsListening;

    public override void Received(ReadOnlySpan<byte> octets)
    {
        var copy = octets.IsEmpty ? [] : ArrayPool<byte>.Shared.Rent(octets.Length);
        octets.CopyTo(copy);
        lock (_gate)
        {
            _kept.Enqueue(new Kept((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100, copy, octets.Length));
            Release();
        }
    }

    public override void Sent(ReadOnlySpan<byte> octets) => _tap.Sent(octets);

    public override void Unsent(long octets) => _tap.Unsent(octets);

    public override void SentEnd() => _tap.SentEnd();

    public override void WasReset() => _tap.WasReset();

    public override void Closed(bool resets)
    {
        lock (_gate)
        {
            Release();
            while (_kept.TryDequeue(out var kept))
                kept.Return();
        }
        _tap.Closed(resets);
    }

    /// <summary>So many octets of what came were of this exchange.</summary>
    public void Consumed(int octets)
    {
        lock (_gate)
        {
            _consumed += octets;
            Release();
        }
    }

    /// <summary>The exchange under way has been judged.</summary>
    /// <param name="exchange">Null: nobody wants it.</param>
    public void Choose(CapturedExchange? exchange)
    {
        lock (_gate)
        {
            _isJudged = true;
            Exchange = exchange;
            if (exchange is not null)
                _tap.Begin(exchange);
            Release();
        }
    }

    /// <summary>What comes from now on is the next one's.</summary>
    public override void Pause()
    {
        lock (_gate)
        {
            _isJudged = true;
            Release();
            _tap.Pause();
            Exchange = null;
            _isJudged = false;
        }
    }

    /// <summary>All that comes is this exchange's.</summary>
    public void TakeAll()
    {
        lock (_gate)
        {
            _isTunnel = true;
            Release();
        }
    }

    /// <summary>Passes on what is known to be of the exchange that has been judged.</summary>
    private void Release()
    {
        while (_kept.TryPeek(out var kept))
        {
            var octets = _isTunnel ? kept.Count - _gone : _isJudged ? (int)Math.Min(_consumed, kept.Count - _gone) : 0;
            if (octets == 0 && kept.Count > 0)
                return;
            _tap.Received(kept.Octets.AsSpan(_gone, octets), kept.Time);
            _consumed = Math.Max(0, _consumed - octets);
            if ((_gone += octets) < kept.Count)
                return;
            _gone = 0;
            _kept.Dequeue().Return();
        }
    }

    /// <param name="Octets">Rented; none: FIN.</param>
    private readonly record struct Kept(long Time, byte[] Octets, int Count)
    {
        public void Return()
        {
            if (Count > 0)
                ArrayPool<byte>.Shared.Return(Octets);
        }
    }
}
