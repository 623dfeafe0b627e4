// What rules capture, in files.
//
// What: a task that takes what waits, makes packets of it and writes them out, into the newest of a ring of files. A file is begun when there is something for it, and the oldest
// goes when there would be too many; those that are there at the start count.
// Strategy: when it cannot be written (no room, the folder is gone) the file ends with its last whole block, and what comes is lost and counted, and tried again in
// a new file after a second. Streams that lost octets are not gone on with; their next exchange begins a new one.
using Microsoft.Extensions.Logging;

namespace Sluice.Records.Pcap;

internal sealed class RingWriter : IAsyncDisposable
{
    private const int InOneWrite = 256 << 10;
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    private readonly CaptureOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly PcapngWriter _writer = new();
    private readonly TcpPackets _packets;
    private readonly List<CaptureEvent> _unwritten = [];
    private readonly Task _writing;
    private FileStream? _file;
    private int _number;
    private long _written; // octets of the file
    private long _packetsBefore;
    private long _lostBefore;
    private long _began;
    private long _failedAt; // timestamp
    private bool _isFailing;

    /// <summary>Opens nothing before there is something to write.</summary>
    public RingWriter(CaptureOptions options, Capture capture, TimeProvider time, ILogger log, string? keyLog)
    {
        (_options, Capture, _time, _log) = (options, capture, time, log);
        _packets = new TcpPackets(_writer, new KeyLogReader(keyLog));
        _writing = Task.Run(RunAsync);
    }

    public Capture Capture { get; }

    /// <summary>Writes out what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        Capture.End();
        await _writing;
    }

    private async Task RunAsync()
    {
        while (await Capture.Queue.WaitToReadAsync())
        {
            while (Capture.Queue.TryRead(out var passed))
            {
                Take(passed);
                if (_writer.Length >= InOneWrite)
                    WriteOut();
            }
            WriteOut();
        }
        if (_file is not null)
            CloseFile();
        if (_isFailing)
            RecordsLog.CaptureLost(_log, _options.Folder, Capture.Lost);
    }

    private void Take(in CaptureEvent passed)
    {
        // The end of what is in no file is not worth one.
        if (_file is null && passed.Kind != PassedKind.Octets && passed.Stream.File > 0)
        {
            Capture.Release(passed);
            return;
        }
        if (_file is not null && _written > 0 && _written + _writer.Length + TcpPackets.MostFor(passed) > _options.FileBytes)
        {
            WriteOut();
            if (_file is not null)
                CloseFile();
        }
        if (_file is null && !TryOpen(out var fault))
        {
            Capture.Lose(passed);
            Capture.Release(passed);
            if (fault is not null)
                Fail(fault);
            return;
        }
        _packets.Write(passed, _number);
        _unwritten.Add(passed);
    }

    /// <param name="fault">Why not; null: it was not tried.</param>
    private bool TryOpen(out Exception? fault)
    {
        fault = null;
        if (_isFailing && _time.GetElapsedTime(_failedAt) < RetryEvery)
            return false;
        try
        {
            Directory.CreateDirectory(_options.Folder);
            var named = _time.GetUtcNow();
            var path = Path.Combine(_options.Folder, $"capture-{named:yyyyMMdd'T'HHmmss.fff'Z'}-{_number + 1:00000}.pcapng");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete, BufferSize = 0 };
            // There are passwords and cookies in it.
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            _file = new FileStream(path, options);
            RemoveOldest();
        }
        catch (Exception e) when (IsFault(e))
        {
            fault = e;
            return false;
        }
        _number++;
        (_written, _packetsBefore, _lostBefore, _began) = (0, _packets.Count, Capture.Lost, Capture.Now);
        _writer.Begin("rules with capture: true");
        return true;
    }

    private void RemoveOldest()
    {
        var files = Directory.GetFiles(_options.Folder, "capture-*.pcapng").Order(StringComparer.Ordinal).ToList();
        foreach (var old in files.Take(files.Count - _options.Files))
            File.Delete(old);
    }

    private void WriteOut()
    {
        try
        {
            if (_file is not null && _writer.Length > 0)
            {
                _file.Write(_writer.Written.Span);
                _written += _writer.Length;
                if (_isFailing)
                    RecordsLog.CaptureGoesOn(_log, _options.Folder, Capture.Lost);
                _isFailing = false;
            }
        }
        catch (Exception e) when (IsFault(e))
        {
            foreach (var lost in _unwritten)
                Capture.Lose(lost);
            Fail(e);
        }
        _writer.Reset();
        foreach (var passed in _unwritten)
            Capture.Release(passed);
        _unwritten.Clear();
    }

    /// <summary>Behind it stands what became of the capture while it was written.</summary>
    private void CloseFile()
    {
        _writer.AddStatistics(_began, Capture.Now, _packets.Count - _packetsBefore, Capture.Lost - _lostBefore);
        WriteOut();
        _file?.Dispose();
        _file = null;
    }

    private void Fail(Exception why)
    {
        var wasFailing = _isFailing;
        (_isFailing, _failedAt) = (true, _time.GetTimestamp());
        try
        {
            _file?.SetLength(_written);
        }
        catch (Exception e) when (IsFault(e))
        {
            // Its last block is torn: readers of captures say so, and read what is before.
        }
        _file?.Dispose();
        _file = null;
        // Told when all of it is so: whoever hears of it may act at once.
        if (!wasFailing)
            RecordsLog.CaptureFailed(_log, _options.Folder, why.Message);
    }

    private static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException;
}
