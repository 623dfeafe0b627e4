using System.Diagnostics;
using System.Globalization;
using Sluice.Bench.Checks;
using Sluice.Policy;
using Sluice.Policy.Filters;

namespace Sluice.Bench.Filters;

/// <summary>What the filter engine takes to load and to judge, whether it agrees with uBlock's and Ghostery's engines on what browsers asked, and what is
/// lost where a proxy sees less than a browser. Ends with 1 where a verdict differs.</summary>
internal static class FilterCheck
{
    private const int Rounds = 20;

    public static int Run(string[] options)
    {
        var folder = Path.Combine(Arguments.Value(options, "--data", Environment.GetEnvironmentVariable("SLUICE_TEST_DATA") ?? "."), "filters");
        var requests = FilterData.Requests(folder);
        LoadAndTime(FilterData.Lists(folder, FilterData.All), requests);
        var judged = FilterData.Build(FilterData.Lists(folder, FilterData.Judged), []);
        var differing = requests.Where(request => !Agrees(judged, request)).ToList();
        Print($"agreement on EasyList and EasyPrivacy: {requests.Count - differing.Count} of {requests.Count}");
        foreach (var request in differing.Take(20))
            Print($"  differs: {request}: {judged.TextOf(judged.Match(Whole(request)))}");
        Losses(judged, requests);
        return differing.Count == 0 ? 0 : 1;
    }

    private static void LoadAndTime(List<(string Name, byte[] Content)> lists, List<BrowserRequest> requests)
    {
        for (var round = 0; round < 3; round++)
        {
            var began = Stopwatch.GetTimestamp();
            FilterData.Build(lists, []);
            Print($"load{(round == 0 ? ", cold" : "")}: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var problems = new List<PolicyProblem>();
        var set = FilterData.Build(lists, problems);
        var retained = GC.GetTotalMemory(forceFullCollection: true) - before;
        foreach (var list in set.Lists)
            Print($"  {list.Name}: {list.Filters} filters; {string.Join(", ", Enum.GetValues<FilterSkip>().Skip(1).Where(skip => list.Skipped(skip) > 0).Select(skip => $"{skip} {list.Skipped(skip)}"))}");
        foreach (var problem in problems.Take(10))
            Print($"  {problem}");
        Print($"filters: {set.Count}; found by host {set.Places[0]}, gram {set.Places[1]}, source {set.Places[2]}, tried each {set.Places[3]}");
        Print($"retained: {retained >> 10} KiB, {(double)retained / set.Count:0.0} bytes a filter");
        Time(set, requests);
        var after = GC.GetTotalMemory(forceFullCollection: true) - before;
        Print($"retained with the regexes that these requests came to: {after >> 10} KiB");
        GC.KeepAlive(set);
    }

    /// <summary>Each request's time is the least of its rounds: what else runs on the machine is not the engine's.</summary>
    private static void Time(FilterSet set, List<BrowserRequest> requests)
    {
        var best = new double[requests.Count];
        Array.Fill(best, double.MaxValue);
        var allocated = 0L;
        var totals = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < best.Length; i++)
            {
                var from = Stopwatch.GetTimestamp();
                set.Match(Whole(requests[i]));
                best[i] = Math.Min(best[i], (Stopwatch.GetTimestamp() - from) * 1e9 / Stopwatch.Frequency);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - bytes;
            totals.Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / best.Length);
        }
        Array.Sort(best);
        totals.Sort();
        Print($"a request: median {best[best.Length / 2]:0} ns, p99 {best[best.Length * 99 / 100]:0} ns, most {best[^1]:0} ns; mean {best.Average():0} ns, mean of a round {totals[0]:0} to {totals[^1]:0} ns; allocated in the last round {allocated} bytes");
    }

    private static void Losses(FilterSet set, List<BrowserRequest> requests)
    {
        Lost("all known", Whole);
        Lost("no type", request => new FilterRequest { Url = request.Url, Source = request.Source, Method = "GET" });
        Lost("type by the path's ending", request => new FilterRequest { Url = request.Url, Source = request.Source, Method = "GET", Type = ByEnding(request.Url) });
        Lost("no type, no page", request => new FilterRequest { Url = request.Url, Method = "GET" });
        Lost("host only (CONNECT)", request => new FilterRequest { Url = $"https://{new Uri(request.Url).Authority}/", IsHostOnly = true });

        void Lost(string seen, View see)
        {
            var (found, missed, wrong) = (0, 0, 0);
            foreach (var request in requests)
            {
                var blocked = set.Match(see(request)).Outcome == FilterOutcome.Blocked;
                found += blocked && request.Blocked ? 1 : 0;
                missed += !blocked && request.Blocked ? 1 : 0;
                wrong += blocked && !request.Blocked ? 1 : 0;
            }
            Print($"{seen}: found {found}, missed {missed}, wrongly blocked {wrong}");
        }
    }

    private delegate FilterRequest View(BrowserRequest request);

    private static RequestType ByEnding(string url)
    {
        var uri = new Uri(url);
        return RequestTraits.TypeOf(new Http.RequestHead
        {
            Method = "GET",
            Target = new Http.RequestTarget(Http.TargetForm.Absolute, uri.Scheme, uri.Host, uri.Port, uri.PathAndQuery),
            Version = Http.ProtocolVersion.Http11,
            Fields = [],
        });
    }

    private static bool Agrees(FilterSet set, BrowserRequest request)
    {
        var outcome = set.Match(Whole(request)).Outcome;
        return outcome == (request.Blocked ? FilterOutcome.Blocked : request.Excepted ? FilterOutcome.Excepted : FilterOutcome.None);
    }

    private static FilterRequest Whole(BrowserRequest request) => new() { Url = request.Url, Source = request.Source, Type = request.Type, Method = "GET" };

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
