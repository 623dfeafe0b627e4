using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Bench;

/// <summary>What does judging cost with 100,000 hosts and 1,000 URL parts, and what does loading them?</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes.")]
[ShortRunJob]
public class CensorBenchmarks
{
    private const int Hosts = 100_000;
    private readonly string _hosts = Path.GetTempFileName();
    private readonly string _parts = Path.GetTempFileName();
    private readonly RequestHead _clean = Request("http://www.shop.example.test/some/path/page.html");
    private readonly RequestHead _listed = Request($"http://www.h{Hosts / 2}.test/some/path/page.html");
    private Censor _censor = null!;

    [GlobalSetup]
    public void Load()
    {
        File.WriteAllLines(_hosts, Enumerable.Range(0, Hosts).Select(i => $".h{i}.test"));
        File.WriteAllLines(_parts, Enumerable.Range(0, 1000).Select(i => $"/part{i}/x"));
        _censor = LoadLists();
    }

    [GlobalCleanup]
    public async Task Clean()
    {
        await _censor.DisposeAsync();
        File.Delete(_hosts);
        File.Delete(_parts);
    }

    [Benchmark]
    public Verdict HostNotListed() => _censor.Judge("hosts", _clean);

    [Benchmark]
    public Verdict HostListed() => _censor.Judge("hosts", _listed);

    [Benchmark]
    public Verdict PartNotListed() => _censor.Judge("parts", _clean);

    [Benchmark]
    public Censor LoadLists() => Censor.Load(
        [Policy("hosts", _hosts), Policy("parts", _parts)], TimeProvider.System, NullLogger.Instance).Censor;

    private static PolicyOptions Policy(string name, string file) => new()
    {
        Name = name,
        DefaultAllows = true,
        Rules = [new RuleOptions { Id = "r", Action = RuleAction.Deny, HostsFile = file }],
    };

    private static RequestHead Request(string url)
    {
        var uri = new Uri(url);
        return new RequestHead
        {
            Method = "GET",
            Target = new RequestTarget(TargetForm.Absolute, uri.Scheme, uri.Host, uri.Port, uri.PathAndQuery),
            Version = ProtocolVersion.Http11,
            Fields = [],
        };
    }
}
