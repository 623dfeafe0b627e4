using BenchmarkDotNet.Attributes;
using Sluice.Records;

namespace Sluice.Bench;

/// <summary>What does a record cost in the gauge, for which the exchange waits? Records are new each time: nobody has asked them for their host before.</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "IterationCleanup disposes.")]
[SimpleJob(warmupCount: 5, iterationCount: 15, invocationCount: 1)]
public class GaugeBenchmarks
{
    private const int Records = 1 << 16;

    private List<ExchangeRecord> _records = null!;
    private TrafficGauge _gauge = null!;

    /// <summary>Hosts and clients: as in an office, and as where each request has a client that nobody has seen in that minute.</summary>
    [Params("few", "many")]
    public string Names { get; set; } = "";

    [IterationSetup]
    public void Make()
    {
        _gauge = new TrafficGauge(() => [], TimeProvider.System);
        _records = MadeRecords.Mixed(Records).ToList();
        if (Names == "few")
        {
            var (hosts, clients) = (_records.Take(200).Select(record => record.Url!).ToArray(), _records.Take(300).Select(record => record.Client!).ToArray());
            for (var i = 0; i < _records.Count; i++)
                (_records[i].Url, _records[i].Client) = (new string(hosts[i * 7 % hosts.Length].AsSpan()), clients[i * 13 % clients.Length]);
        }
    }

    [IterationCleanup]
    public void Close() => _gauge.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Records)]
    public void Count()
    {
        foreach (var record in _records)
            _gauge.Write(record);
    }
}
