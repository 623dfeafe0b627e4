using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Bench;

/// <summary>What does judging cost with a policy of one list against none at all, and with 1,000 URL parts? What does loading the list? Of 4,096 hosts in turn.</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes.")]
[ShortRunJob]
public class CensorBenchmarks
{
    private const int Asked = 4096;
    private readonly string _hosts = Path.GetTempFileName();
    private readonly string _parts = Path.GetTempFileName();
    private readonly RequestHead[] _clean = new RequestHead[Asked];
    private readonly RequestHead[] _listed = new RequestHead[Asked];
    private Censor _censor = null!;
    private int _next;

    [Params(10_000, 100_000, 1_000_000)]
    public int Domains { get; set; }

    [GlobalSetup]
    public void Load()
    {
        var random = new Random(1);
        var lines = DomainNames.Lines(random, Domains).ToArray();
        File.WriteAllLines(_hosts, lines);
        File.WriteAllLines(_parts, Enumerable.Range(0, 1000).Select(i => $"/part{i}/x"));
        for (var i = 0; i < Asked; i++)
        {
            _clean[i] = Request($"www.{DomainNames.Next(random)}");
            _listed[i] = Request($"www{lines[random.Next(Domains / 2) * 2]}");
        }
        _censor = LoadLists();
    }

    [GlobalCleanup]
    public async Task Clean()
    {
        await _censor.DisposeAsync();
        File.Delete(_hosts);
        File.Delete(_parts);
    }

    [Benchmark(Baseline = true)]
    public Verdict NoPolicy() => _censor.Judge(null, _clean[_next++ % Asked]);

    [Benchmark]
    public Verdict HostNotListed() => _censor.Judge("hosts", _clean[_next++ % Asked]);

    [Benchmark]
    public Verdict HostListed() => _censor.Judge("hosts", _listed[_next++ % Asked]);

    [Benchmark]
    public Verdict PartNotListed() => _censor.Judge("parts", _clean[_next++ % Asked]);

    [Benchmark]
    public Censor LoadLists() => Censor.Load(
        [Policy("hosts", _hosts), Policy("parts", _parts)], TimeProvider.System, NullLogger.Instance).Censor;

    private static PolicyOptions Policy(string name, string file) => new()
    {
        Name = name,
        DefaultAllows = true,
        Rules = [new RuleOptions { Id = "r", Action = RuleAction.Deny, HostsFile = file }],
    };

    private static RequestHead Request(string host) => new()
    {
        Method = "GET",
        Target = new RequestTarget(TargetForm.Absolute, "http", host, 80, "/some/path/page.html"),
        Version = ProtocolVersion.Http11,
        Fields = [],
    };
}
