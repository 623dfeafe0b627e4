using System.Buffers;
using System.Threading.Channels;
using Sluice.Net;

namespace Sluice.Records.Pcap;

/// <summary>What one capture has chosen and not written yet: a bounded queue between the I/O threads and its writer. Where it is full octets are lost, which is
/// counted, and their stream ends: traffic never waits.</summary>
internal sealed class Capture
{
    /// <summary>Octets that may wait.</summary>
    internal const int Most = 32 << 20;

    /// <summary>What an event takes beside its octets.</summary>
    private const int Overhead = 256;

    private readonly Channel<CaptureEvent> _queue = Channel.CreateUnbounded<CaptureEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Predicate<ExchangeRecord> _wants;
    private readonly TimeProvider _time;
    private long _waiting;
    private long _lost;
    private volatile bool _isOver;

    public Capture(Predicate<ExchangeRecord> wants, TimeProvider time)
    {
        (_wants, _time) = (wants, time);
        Began = Now;
    }

    public long Began { get; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Octets that wait.</summary>
    internal long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Packets that were not written.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>It takes nothing more.</summary>
    public bool IsOver => _isOver;

    public ChannelReader<CaptureEvent> Queue => _queue.Reader;

    public bool Wants(ExchangeRecord record) => _wants(record);

    /// <summary>Copies the octets. Never blocks.</summary>
    public void Put(CapturedStream stream, PassedKind kind, bool fromClient, long time, ReadOnlySpan<byte> octets, string? comment)
    {
        if (_isOver)
            return;
        if (stream.IsLost)
        {
            CountLost(octets.Length);
            return;
        }
        var cost = octets.Length + Overhead;
        if (kind == PassedKind.Octets && Interlocked.Add(ref _waiting, cost) > Most)
        {
            Interlocked.Add(ref _waiting, -cost);
            CountLost(octets.Length);
            Lose(stream, fromClient, time);
            return;
        }
        byte[]? copy = null;
        if (!octets.IsEmpty)
            octets.CopyTo(copy = ArrayPool<byte>.Shared.Rent(octets.Length));
        _queue.Writer.TryWrite(new CaptureEvent(stream, kind, fromClient, time, copy, octets.Length, comment));
    }

    /// <summary>The writer has done with it.</summary>
    public void Release(in CaptureEvent passed)
    {
        if (passed.Kind == PassedKind.Octets)
            Interlocked.Add(ref _waiting, -(passed.Count + Overhead));
        if (passed.Octets is { } octets)
            ArrayPool<byte>.Shared.Return(octets);
    }

    /// <summary>What has been taken out of the queue could not be written.</summary>
    public void Lose(in CaptureEvent passed)
    {
        CountLost(passed.Count);
        passed.Stream.IsLost = true;
    }

    /// <summary>The queue ends when it is empty.</summary>
    public void End()
    {
        _isOver = true;
        _queue.Writer.TryComplete();
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        End();
        while (_queue.Reader.TryRead(out var passed))
            Release(passed);
    }

    // One for each stream: it needs no room.
    private void Lose(CapturedStream stream, bool fromClient, long time)
    {
        stream.IsLost = true;
        _queue.Writer.TryWrite(new CaptureEvent(stream, PassedKind.Lost, fromClient, time,
            Comment: "Octets were lost here, as they came faster than they could be written: what follows of this exchange is not in the capture"));
    }

    private void CountLost(int octets) => Interlocked.Add(ref _lost, TcpPackets.CountOf(octets));
}
