using System.Net;
using BenchmarkDotNet.Attributes;
using Sluice.Net;

namespace Sluice.Bench;

/// <summary>What a dial costs before the first packet: a name that is known, and whether its address may be dialled.</summary>
[MemoryDiagnoser]
public class NameBenchmarks
{
    private readonly string _kept = Dns.GetHostName();
    private readonly string _hosts = Path.GetTempFileName();
    private Resolver _resolver = null!;
    private AddressRules _rules = null!;
    private readonly IPEndPoint _other = new(IPAddress.Parse("192.0.2.1"), 443);
    private readonly IPEndPoint _ownPort = new(IPAddress.Parse("192.0.2.1"), 3128);

    [GlobalSetup]
    public void Setup()
    {
        File.WriteAllText(_hosts, "192.0.2.1 www.school.test\n");
        _resolver = new Resolver(TimeProvider.System, _hosts, null, 53);
        _rules = new AddressRules([new IPEndPoint(IPAddress.Any, 3128), new IPEndPoint(IPAddress.Loopback, 8080)], [IPAddress.Parse("10.0.0.1")]);
        // Not in that file: asked for once, then kept.
        _ = KeptAsync().GetAwaiter().GetResult();
    }

    [GlobalCleanup]
    public void Cleanup() => File.Delete(_hosts);

    [Benchmark]
    public ValueTask<IPAddress[]> NameInHostsFile() => _resolver.ResolveAsync("www.school.test");

    [Benchmark]
    public ValueTask<IPAddress[]> NameThatIsKept() => _resolver.ResolveAsync(_kept);

    [Benchmark]
    public bool Admits() => _rules.Admits(_other);

    [Benchmark]
    public bool AdmitsOnAPortOfOurs() => _rules.Admits(_ownPort);

    private async Task<bool> KeptAsync() => (await _resolver.ResolveAsync(_kept)).Length > 0;
}
