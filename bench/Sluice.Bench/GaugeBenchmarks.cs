using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;

namespace Sluice.Bench;

/// <summary>What does a record cost in the gauge, beside the traffic, and what its hand-over? Records are new each time: nobody has asked them for their host before.</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "IterationCleanup disposes.")]
[SimpleJob(warmupCount: 5, iterationCount: 15, invocationCount: 1)]
public class GaugeBenchmarks
{
    private const int Records = 1 << 16;
    private const int Batch = 1024;

    private List<ExchangeRecord[]> _batches = null!;
    private TrafficGauge _gauge = null!;

    /// <summary>Hosts and clients: as in an office, and as where each request has a client that nobody has seen in that minute.</summary>
    [Params("few", "many")]
    public string Names { get; set; } = "";

    [IterationSetup]
    public void Make()
    {
        _gauge = new TrafficGauge(() => [], TimeProvider.System, NullLogger.Instance);
        var records = MadeRecords.Mixed(Records).ToList();
        if (Names == "few")
        {
            var (hosts, clients) = (records.Take(200).Select(record => record.Url!).ToArray(), records.Take(300).Select(record => record.Client!).ToArray());
            for (var i = 0; i < records.Count; i++)
                (records[i].Url, records[i].Client) = (new string(hosts[i * 7 % hosts.Length].AsSpan()), clients[i * 13 % clients.Length]);
        }
        _batches = [.. records.Chunk(Batch)];
    }

    [IterationCleanup]
    public void Close() => _gauge.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Records)]
    public void Count()
    {
        foreach (var batch in _batches)
            _gauge.Count(batch);
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void HandOver()
    {
        foreach (var batch in _batches)
            foreach (var record in batch)
                _gauge.Write(record);
    }
}
