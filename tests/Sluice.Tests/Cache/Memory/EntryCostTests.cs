using System.Buffers;
using System.Text;
using Sluice.Cache;
using Sluice.Cache.Memory;

namespace Sluice.Tests.Cache.Memory;

/// <summary>Measures the memory of the whole process: no other test may run beside.</summary>
[CollectionDefinition(nameof(EntryCostTests), DisableParallelization = true)]
[Collection(nameof(EntryCostTests))]
public class EntryCostTests
{
    private const string Fresh = "200|Cache-Control: max-age=600";

    [Theory]
    [InlineData("", Fresh)]
    // A part.
    [InlineData("|Range: bytes=0-999", "206|Cache-Control: max-age=600|Content-Range: bytes 0-999/2000")]
    public void WhatAnEntryCosts_IsNotLessThanWhatItTakes(string range, string answer)
    {
        // What other tests leave behind is freed whenever it is: a measurement beside it is none.
        var measured = Measure(range, answer);
        for (var again = 0; again < 3 && !IsCounted(measured); again++)
            measured = Measure(range, answer);
        Assert.True(IsCounted(measured), $"taken {measured.Taken}, counted {measured.Counted} an entry");

        static bool IsCounted((long Taken, long Counted) each) => each.Taken <= each.Counted && each.Counted < 1.5 * each.Taken;
    }

    private static (long Taken, long Counted) Measure(string range, string answer)
    {
        const int entries = 4000;
        var scenario = new CacheScenario(memoryBytes: 64 << 20);
        // The requests are made before: their targets are kept by the keys, the rest is garbage.
        Fill(scenario, 0, 100);
        var before = (GC.GetTotalMemory(forceFullCollection: true), scenario.Cache.Counters.Bytes);
        Fill(scenario, 100, entries);
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before.Item1;
        var counted = scenario.Cache.Counters.Bytes - before.Bytes;
        Assert.Equal(entries, scenario.Cache.Counters.Entries);
        GC.KeepAlive(scenario);
        return (taken / entries, counted / entries);

        void Fill(CacheScenario scenario, int from, int to)
        {
            for (var i = from; i < to; i++)
                scenario.Fetch($"GET /some/path/{i}|Accept-Encoding: gzip{range}", answer + "|Content-Type: text/html|Vary: Accept-Encoding|ETag: \"abcdef\"", new string('x', 1000));
        }
    }
}
