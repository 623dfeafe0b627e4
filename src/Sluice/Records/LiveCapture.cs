using System.Threading.Channels;
using Sluice.Records.Pcap;

namespace Sluice.Records;

/// <summary>A capture that somebody reads while it runs.</summary>
public sealed class LiveCapture
{
    private const int InOneWrite = 256 << 10;

    /// <summary>Kept free for the statistics at the end.</summary>
    private const int EndBytes = 256;

    private readonly string? _filter;
    private readonly CaptureBounds _bounds;
    private readonly TimeProvider _time;
    private readonly Action<LiveCapture> _leave;
    private readonly PcapngWriter _writer = new();
    private readonly TcpPackets _packets;
    private long _written;
    private long _lostTold;

    internal LiveCapture(Capture capture, string? filter, CaptureBounds bounds, TimeProvider time, string? keyLog, Action<LiveCapture> leave)
    {
        (Capture, _filter, _bounds, _time, _leave) = (capture, filter, bounds, time, leave);
        _packets = new TcpPackets(_writer, new KeyLogReader(keyLog));
    }

    internal Capture Capture { get; }

    /// <summary>Writes it as pcapng until a bound is reached or the program ends. Call once.</summary>
    /// <param name="stop">Nobody reads it any more.</param>
    public async Task WriteToAsync(Stream to, CancellationToken stop)
    {
        using var bound = _bounds.For is { } span ? new CancellationTokenSource(span, _time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, bound.Token);
        try
        {
            _writer.Begin(_filter);
            await FlushAsync(to, stop);
            await WriteEventsAsync(to, either.Token, stop);
            TellStatistics();
            await FlushAsync(to, stop);
        }
        finally
        {
            _leave(this);
            Capture.Clear();
            _writer.Reset();
        }
    }

    private async Task WriteEventsAsync(Stream to, CancellationToken either, CancellationToken stop)
    {
        try
        {
            while (await Capture.Queue.WaitToReadAsync(either))
            {
                while (Capture.Queue.TryRead(out var passed))
                {
                    if (!TryWrite(passed))
                        return;
                    if (_writer.Length >= InOneWrite)
                        await FlushAsync(to, stop);
                }
                // Told when it happens: who leaves does not see the end.
                if (Capture.Lost != _lostTold)
                    TellStatistics();
                await FlushAsync(to, stop);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Its time is over.
        }
    }

    /// <summary>False: it would be too large.</summary>
    private bool TryWrite(in CaptureEvent passed)
    {
        var room = _bounds.Bytes - _written - _writer.Length - EndBytes;
        if (room < TcpPackets.MostFor(passed))
        {
            Capture.Release(passed);
            return false;
        }
        _packets.Write(passed, file: 1);
        Capture.Release(passed);
        return true;
    }

    private void TellStatistics()
    {
        _lostTold = Capture.Lost;
        _writer.AddStatistics(Capture.Began, Capture.Now, _packets.Count, _lostTold);
    }

    private async ValueTask FlushAsync(Stream to, CancellationToken stop)
    {
        await to.WriteAsync(_writer.Written, stop);
        await to.FlushAsync(stop);
        _written += _writer.Length;
        _writer.Reset();
    }
}
