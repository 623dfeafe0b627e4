using BenchmarkDotNet.Attributes;
using Sluice.Bench.Filters;
using Sluice.Policy.Filters;

namespace Sluice.Bench;

/// <summary>What does a request cost by EasyList, EasyPrivacy and uBlock's own filters, as the mean over 13,108 that browsers made, and what does
/// loading these lists? SLUICE_TEST_DATA names the folder above filters/.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class FilterBenchmarks
{
    private const int Count = 13_108;
    private static readonly string Folder = Path.Combine(Environment.GetEnvironmentVariable("SLUICE_TEST_DATA") ?? ".", "filters");
    private readonly List<(string, byte[])> _lists = FilterData.Lists(Folder, FilterData.All);
    private readonly List<BrowserRequest> _requests = FilterData.Requests(Folder);
    private FilterSet _set = null!;

    [GlobalSetup]
    public void Load() => _set = FilterData.Build(_lists, []);

    [Benchmark(OperationsPerInvoke = Count)]
    public int Match()
    {
        var blocked = 0;
        foreach (var request in _requests)
            blocked += _set.Match(new FilterRequest { Url = request.Url, Source = request.Source, Type = request.Type, Method = "GET" }).Outcome == FilterOutcome.Blocked ? 1 : 0;
        return blocked;
    }

    [Benchmark]
    public int LoadLists() => FilterData.Build(_lists, []).Count;
}
