// Which policy holds what is asked for?
//
// What: each trace goes through each policy at 1, 5 and 10 % of the bytes that its objects take together; counted are the
// requests that were hits (object hit ratio) and their bytes (byte hit ratio), both over the whole trace, from an empty
// cache on. Nothing depends on time or on chance: two runs print the same.
// Strategy: the bar is the best of LRU, S3-FIFO and W-TinyLFU, the last with a fixed window or a climbing one, whichever
// is better in the cell. W-TinyLFU that climbs and sums victims stands beside: it buys
// hits with bytes.
// Facts: the verdict is of the memory tier's policy alone, with one set of constants for all cells.
using System.Globalization;
using Sluice.Bench.Checks;

namespace Sluice.Bench.Traces;

internal static class HitRatios
{
    private const double ObjectTolerance = 1;
    private static readonly int[] Shares = [1, 5, 10];

    private static readonly Policy[] Policies =
    [
        new("LRU", InBar: true, (costs, capacity) => new OneQueue(costs, capacity, hitMoves: true)),
        new("FIFO", InBar: false, (costs, capacity) => new OneQueue(costs, capacity, hitMoves: false)),
        new("S3-FIFO", InBar: true, (costs, capacity) => new S3FifoOfThePaper(costs, capacity)),
        new("W-TinyLFU", InBar: true, (costs, capacity) => new WTinyLfu(costs, capacity, climbs: false, sumsVictims: false)),
        new("W-TinyLFU climbing", InBar: true, (costs, capacity) => new WTinyLfu(costs, capacity, climbs: true, sumsVictims: false)),
        new("W-TinyLFU summing", InBar: false, (costs, capacity) => new WTinyLfu(costs, capacity, climbs: true, sumsVictims: true)),
        new("Sluice", InBar: false, (costs, capacity) => new Ours(costs, capacity)),
    ];

    /// <summary><c>hit-ratio [--traces FOLDER] [--plot FILE.svg] [--seed 0]</c>; 1 if a criterion fails.</summary>
    public static async Task<int> RunAsync(string[] options)
    {
        var seed = Arguments.Number(options, "--seed", 0);
        var traces = TraceFiles.ReadAll(Arguments.Value(options, "--traces", "traces"), seed).Concat(MadeTraces.All(seed));
        Cell[] cells = [.. traces.SelectMany(trace => Shares.Select(share => Replay(trace, share)))];
        Print(cells);
        if (Arguments.Value(options, "--plot", "") is { Length: > 0 } plot)
            await File.WriteAllTextAsync(plot, HitRatioPlot.Draw(cells, [.. Policies.Select(policy => policy.Name)]));
        return Judge(cells) ? 0 : 1;
    }

    private static Cell Replay(Trace trace, int share)
    {
        var capacity = trace.Footprint * share / 100;
        var bytes = trace.Requests.Sum(id => trace.BodyBytes[id]);
        return new Cell(trace.Name, share, [.. Policies.Select(policy =>
        {
            var contender = policy.Make(trace.Costs, capacity);
            var (hits, hitBytes) = (0, 0L);
            foreach (var id in trace.Requests)
                if (contender.Ask(id))
                {
                    hits++;
                    hitBytes += trace.BodyBytes[id];
                }
            return new Ratio(100.0 * hits / trace.Requests.Length, 100.0 * hitBytes / bytes);
        })]);
    }

    private static void Print(Cell[] cells)
    {
        foreach (var (title, ratio) in (ReadOnlySpan<(string, Func<Ratio, double>)>)[("object hit ratio, %", r => r.Objects), ("byte hit ratio, %", r => r.Bytes)])
        {
            Console.WriteLine();
            Console.WriteLine($"| {title} | size | {string.Join(" | ", Policies.Select(policy => policy.Name))} | to the best | to LRU |");
            Console.WriteLine("|---" + string.Concat(Enumerable.Repeat("|---", Policies.Length + 3)) + "|");
            foreach (var cell in cells)
                Row(cell.Trace, $"{cell.Share} %", [.. cell.Ratios.Select(ratio)]);
            Row("mean", "", [.. Policies.Select((_, i) => cells.Average(cell => ratio(cell.Ratios[i])))]);
        }

        static void Row(string name, string size, double[] ratios) =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {size} | {string.Join(" | ", ratios.Select(r => r.ToString("0.0", CultureInfo.InvariantCulture)))} | {ratios[^1] - Best(ratios):+0.00;-0.00} | {ratios[^1] - ratios[0]:+0.00;-0.00} |"));
    }

    private static bool Judge(Cell[] cells)
    {
        var objects = cells.Min(cell => cell.Ours.Objects - Best([.. cell.Ratios.Select(r => r.Objects)]));
        var bytes = cells.Min(cell => cell.Ours.Bytes - cell.Ratios[0].Bytes);
        double[] means = [.. Policies.Select((_, i) => cells.Average(cell => cell.Ratios[i].Objects))];
        var mean = means[^1] - Best(means);
        Console.WriteLine();
        return Say("object hit ratio of each cell to the best of the bar", objects, -ObjectTolerance)
            & Say("mean object hit ratio to the best mean", mean, 0)
            & Say("byte hit ratio of each cell to LRU's", bytes, 0);

        static bool Say(string what, double least, double atLeast)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(least >= atLeast ? "met" : "NOT MET")}: {what}: {least:+0.00;-0.00} points at least, wanted {atLeast:0}"));
            return least >= atLeast;
        }
    }

    private static double Best(double[] ratios) => Policies.Zip(ratios).Where(pair => pair.First.InBar).Max(pair => pair.Second);

    private sealed record Policy(string Name, bool InBar, Func<long[], long, Contender> Make);
}

/// <summary>Percent.</summary>
internal readonly record struct Ratio(double Objects, double Bytes);

/// <summary>One trace at one size; the ratios in the order of the policies, ours the last.</summary>
internal sealed record Cell(string Trace, int Share, Ratio[] Ratios)
{
    public Ratio Ours => Ratios[^1];
}
