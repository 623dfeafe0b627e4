namespace Sluice.Bench.Traces;

/// <summary>
/// Traces that are made: a catalogue of 20,000 objects, asked for by Zipf's law. With churn, one object of the catalogue
/// gives way to a new one at intervals; with scans, now and then somebody walks through many objects that are asked for
/// by nobody else, or through the whole catalogue.
/// </summary>
internal static class MadeTraces
{
    private const int Catalogue = 20_000;
    private const int Requests = 300_000;

    public static IEnumerable<Trace> All(int seed)
    {
        yield return Make(seed, "zipf 0.9, churn", skew: 0.9, churnEvery: 10, scanEvery: 0, scanLength: 0, walks: false);
        yield return Make(seed, "zipf 0.6, churn", skew: 0.6, churnEvery: 20, scanEvery: 0, scanLength: 0, walks: false);
        yield return Make(seed, "zipf 0.9, scans", skew: 0.9, churnEvery: 0, scanEvery: 15_000, scanLength: 5_000, walks: false);
        yield return Make(seed, "zipf 0.8, walks", skew: 0.8, churnEvery: 100, scanEvery: 60_000, scanLength: Catalogue, walks: true);
    }

    private static Trace Make(int seed, string name, double skew, int churnEvery, int scanEvery, int scanLength, bool walks)
    {
        var random = new SplitMix(2011 + (ulong)seed);
        var sums = new double[Catalogue];
        for (var rank = 0; rank < Catalogue; rank++)
            sums[rank] = (rank == 0 ? 0 : sums[rank - 1]) + Math.Pow(rank + 1, -skew);
        var objects = Enumerable.Range(0, Catalogue).ToArray();
        var count = Catalogue;
        var requests = new List<int>(Requests);
        for (var asked = 1; requests.Count < Requests; asked++)
        {
            if (churnEvery > 0 && asked % churnEvery == 0)
                objects[random.Next(Catalogue)] = count++;
            var at = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            requests.Add(objects[at < 0 ? ~at : at]);
            if (scanEvery > 0 && asked % scanEvery == 0)
                for (var i = 0; i < scanLength; i++)
                    requests.Add(walks ? objects[i * 7919L % Catalogue] : count++);
        }
        return new Trace(name, [.. requests], [.. Enumerable.Range(0, count).Select(id => WebSizes.Of(id, seed))]);
    }
}
