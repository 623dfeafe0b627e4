using BenchmarkDotNet.Attributes;
using Sluice.Bench.Checks;
using Sluice.Tls;

namespace Sluice.Bench;

/// <summary>What does it cost to read a ClientHello of 517 octets, whole in one record, in records of 100 octets and of one, and to see that half of it is not enough?</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class ClientHelloBenchmarks
{
    private readonly byte[] _whole = Hellos.Of("www.example.com");
    private readonly byte[] _of100 = Hellos.InRecords(Hellos.Of("www.example.com"), 100);
    private readonly byte[] _of1 = Hellos.InRecords(Hellos.Of("www.example.com"), 1);

    [Benchmark(Baseline = true)]
    public HelloStep Whole() => new ClientHelloParser().Read(_whole, out _, out _);

    [Benchmark]
    public HelloStep InRecordsOf100() => new ClientHelloParser().Read(_of100, out _, out _);

    [Benchmark]
    public HelloStep InRecordsOf1() => new ClientHelloParser().Read(_of1, out _, out _);

    [Benchmark]
    public HelloStep Half() => new ClientHelloParser().Read(_whole.AsSpan(0, 200), out _, out _);
}
