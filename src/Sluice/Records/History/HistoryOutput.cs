using Microsoft.Extensions.Logging;
using Sluice.Records.Output;

namespace Sluice.Records.History;

/// <summary>The history as an output of records.</summary>
internal sealed class HistoryOutput : IRecordOutput
{
    /// <summary>How long records gather: each commit writes at least a page or two.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    private const int MostRecords = 8 << 10;
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(1);

    private readonly HistoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly long _batchBytes;
    private readonly List<ExchangeRecord> _batch = [];
    private readonly Lock _lock = new();
    private readonly ITimer _tidying;
    private HistoryFile? _file;
    private long _bytes;
    private long _dropped;

    public HistoryOutput(HistoryOptions options, TimeProvider time, ILogger log)
    {
        (_options, _time, _log, _batchBytes) = (options, time, log, HistoryFile.BatchBytesOf(options));
        _tidying = time.CreateTimer(_ => Tidy(), null, TidyEvery, TidyEvery);
    }

    public string Name => _options.Path;

    public bool HasRoom => _batch.Count < MostRecords && _bytes < _batchBytes;

    public void Add(ExchangeRecord record)
    {
        _batch.Add(record);
        _bytes += SizeOf(record);
    }

    public void AddDropped(long count, DateTimeOffset now) => _dropped += count;

    public void WriteOut()
    {
        if (_batch.Count == 0 && _dropped == 0)
            return;
        lock (_lock)
            Append();
        _batch.Clear();
        (_bytes, _dropped) = (0, 0);
    }

    public void Reopen()
    {
        lock (_lock)
        {
            var reopened = HistoryFile.Open(_options);
            _file?.Dispose();
            _file = reopened;
        }
    }

    public void Dispose()
    {
        _tidying.Dispose();
        lock (_lock)
            _file?.Dispose();
    }

    private void Append()
    {
        try
        {
            Open().Append(_batch, _dropped, _time.GetUtcNow());
        }
        catch (HistoryException e) when (e.IsCorrupt)
        {
            BeginAnew(e.Message);
            Open().Append(_batch, _dropped, _time.GetUtcNow());
        }
    }

    private HistoryFile Open() => _file ??= HistoryFile.Open(_options);

    /// <summary>What cannot be read stays for whoever wants to try: one such file, the last.</summary>
    private void BeginAnew(string reason)
    {
        _file?.Dispose();
        _file = null;
        var aside = _options.Path + ".corrupt";
        foreach (var end in (ReadOnlySpan<string>)["", "-wal", "-shm"])
        {
            if (File.Exists(_options.Path + end))
                File.Move(_options.Path + end, aside + end, overwrite: true);
            else
                File.Delete(aside + end);
        }
        RecordsLog.HistoryCorrupt(_log, _options.Path, reason, aside);
    }

    // Also where nothing is written any more: what is too old goes.
    private void Tidy()
    {
        try
        {
            while (DeleteOld())
            {
                // The writer's turn.
            }
        }
        catch (IOException e)
        {
            RecordsLog.HistoryUntidy(_log, _options.Path, e.Message);
        }
    }

    private bool DeleteOld()
    {
        lock (_lock)
            return _file?.DeleteOld(_time.GetUtcNow()) ?? false;
    }

    // Roughly: what is not text takes some hundred octets.
    private static long SizeOf(ExchangeRecord record) =>
        200 + (record.Url?.Length ?? 0) + (record.UserAgent?.Length ?? 0) + (record.Referer?.Length ?? 0) + (record.ErrorDetail?.Length ?? 0) + (record.ContentType?.Length ?? 0);
}
