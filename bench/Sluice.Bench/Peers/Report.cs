using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Bench.Peers;

/// <summary>What a run found: the table that is printed, and the same with every round as JSON.</summary>
internal sealed class Report(Machine machine, PeersOptions options, IReadOnlyDictionary<string, string> versions)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();
    private readonly List<(Job Job, IReadOnlyList<Cell> Cells)> _jobs = [];

    public void Add(Job job, IReadOnlyList<Cell> cells) => _jobs.Add((job, cells));

    /// <summary>Writes the JSON file, named by the time of the start, and returns its path.</summary>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, _started.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + ".json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            started = _started,
            machine,
            versions,
            rounds = options.Rounds,
            seconds = options.Duration.TotalSeconds,
            warmUpSeconds = options.WarmUp.TotalSeconds,
            jobs = _jobs.Select(entry => new
            {
                entry.Job.Name,
                entry.Job.Title,
                entry.Job.CostUnit,
                workUnit = entry.Job.WorkUnit.Name,
                cells = entry.Cells.Select(cell => Figures(entry.Job, cell, entry.Cells)),
            }),
        }, Json));
        return path;
    }

    /// <summary>The table in Markdown: a part for each job.</summary>
    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine.Cpu}, {machine.Cores} cores, {machine.Memory}, {machine.Kernel}; {machine.Runtime}; commit {machine.Commit}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{_started:yyyy-MM-dd HH:mm} UTC; medians of {options.Rounds} alternating rounds of {options.Duration.TotalSeconds} s, in brackets least and greatest");
        foreach (var (name, version) in versions)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {version}");
        foreach (var (job, cells) in _jobs)
            Append(text, job, cells);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Job job, IReadOnlyList<Cell> cells)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"**{job.Title}** (`{job.Name}`)").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| | {job.CostUnit} | to the best peer | {job.WorkUnit.Name}/s | p50 ms | p99 ms | memory MiB | log lines |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var cell in cells)
        {
            if (cell.Problem is not null)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {cell.Peer} | not counted: {cell.Problem.ReplaceLineEndings(" ").Replace('|', '/')} | | | | | | |");
                continue;
            }
            var cost = Spread.Of(cell.Rounds.Select(round => round.Cost));
            var rate = Spread.Of(cell.Rounds.Select(round => Rate(job, round)));
            var beside = Spread.Of(cell.Rounds.Select(round => round.Load.BesideBytesPerSecond).OfType<double>());
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {cell.Peer} | {Number(cost?.Median)} ({Number(cost?.Min)}-{Number(cost?.Max)}) | {Number(Ratio(cell, cells))} | {Number(rate?.Median)}{(beside is null ? "" : $" beside {Number(beside.Median / 1e9)} GB/s")} | {Number(P50(cell)?.Median)} | {Number(P99(cell)?.Median)} | {Number(Memory(cell)?.Median)} | {(job.OnlyOnce || cell.LogLinesPerRequest is null || job.WorkUnit.Size > 1 ? "" : $"{cell.LogLinesPerRequest:0%}")} |");
        }
    }

    private static object Figures(Job job, Cell cell, IReadOnlyList<Cell> cells) => new
    {
        cell.Peer,
        cell.OutOfContest,
        cell.Problem,
        cost = Spread.Of(cell.Rounds.Select(round => round.Cost)),
        ratioToBestPeer = Ratio(cell, cells),
        perSecond = Spread.Of(cell.Rounds.Select(round => Rate(job, round))),
        p50Ms = P50(cell),
        p99Ms = P99(cell),
        p999Ms = Spread.Of(cell.Rounds.Select(round => round.Load.P999Ms).OfType<double>()),
        memoryMiB = Memory(cell),
        cell.LogLinesPerRequest,
        cell.Rounds,
    };

    /// <summary>The cell's cost over the least of the peers, Sluice itself left out; null where there is none.</summary>
    private static double? Ratio(Cell cell, IReadOnlyList<Cell> cells)
    {
        var best = cells.Where(other => other.Peer != PeerTable.Sluice && !other.OutOfContest && other.Rounds.Count > 0)
            .Min(other => Spread.Of(other.Rounds.Select(round => round.Cost))?.Median);
        return Spread.Of(cell.Rounds.Select(round => round.Cost))?.Median / best;
    }

    private static double Rate(Job job, Round round) => round.Load.Work / job.WorkUnit.Size / round.Load.Seconds;

    private static Spread? P50(Cell cell) => Spread.Of(cell.Rounds.Select(round => round.Load.P50Ms).OfType<double>());

    private static Spread? P99(Cell cell) => Spread.Of(cell.Rounds.Select(round => round.Load.P99Ms).OfType<double>());

    private static Spread? Memory(Cell cell) => Spread.Of(cell.Rounds.Select(round => round.MemoryBytes / 1048576.0));

    private static string Number(double? figure) => figure switch
    {
        null => "",
        >= 100 => figure.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => figure.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => figure.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
