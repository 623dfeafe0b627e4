using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;
using Sluice.Records.History;

namespace Sluice.Bench;

/// <summary>What does a record cost in the history, and with the oldest going for its room?</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes.")]
[ShortRunJob]
public class HistoryBenchmarks
{
    private const int Batch = 4096;
    private readonly string _folder = Directory.CreateTempSubdirectory("sluice-history-").FullName;
    private readonly List<ExchangeRecord> _records = [.. MadeRecords.Mixed(Batch)];
    private HistoryFile _file = null!;

    /// <summary>With 64 MiB each batch takes the place of another.</summary>
    [Params(64, 16 << 10)]
    public int SizeMiB { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _file = HistoryFile.Open(new HistoryOptions { Path = Path.Combine(_folder, "history.db"), SizeBytes = (long)SizeMiB << 20 });
        for (var i = 0; i < 100; i++)
            Append();
    }

    [GlobalCleanup]
    public void Close()
    {
        _file.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Append() => _file.Append(_records, 0, TimeProvider.System.GetUtcNow());
}
