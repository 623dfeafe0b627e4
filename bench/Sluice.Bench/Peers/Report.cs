using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Bench.Peers;

/// <summary>What a run found: the table that is printed, and the same figures with every round as JSON.</summary>
internal sealed class Report(Machine machine, PeersOptions options, IReadOnlyDictionary<string, string> versions)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();
    private readonly List<(Job Job, IReadOnlyList<Cell> Cells)> _jobs = [];

    private TimeSpan Took => TimeProvider.System.GetUtcNow() - _started;

    public void Add(Job job, IReadOnlyList<Cell> cells) => _jobs.Add((job, cells));

    /// <summary>Writes the JSON file, named by the time of the start, and returns its path.</summary>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, _started.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + ".json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            started = _started,
            tookSeconds = Took.TotalSeconds,
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

    /// <summary>What it was measured on, and one table in Markdown: a row for each job and peer.</summary>
    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine.Cpu}, {machine.Cores} cores, {machine.Memory}, {machine.Kernel}; {machine.Runtime}; commit {machine.Commit}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{_started:yyyy-MM-dd HH:mm} UTC, took {Took:h':'mm':'ss}; medians of {options.Rounds} alternating rounds of {options.Duration.TotalSeconds} s, in brackets least and greatest");
        text.AppendLine(string.Join("; ", versions.Select(version => $"{version.Key}: {version.Value}"))).AppendLine();
        text.AppendLine("| job | peer | cost | to the best peer | served | p50 ms | p99 ms | p99.9 ms | memory MiB | log lines |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (job, cells) in _jobs)
            foreach (var cell in cells)
                text.AppendLine(cell.Problem is null ? Row(job, cell, cells)
                    : $"| `{job.Name}` | {cell.Peer} | not counted: {cell.Problem.ReplaceLineEndings(" ").Replace('|', '/')} | | | | | | | |");
        return text.ToString();
    }

    private static string Row(Job job, Cell cell, IReadOnlyList<Cell> cells)
    {
        if (cell.Rounds.Count == 0)
            return $"| `{job.Name}` | {cell.Peer} | not measured | | | | | | | |";
        var cost = Spread.Of(cell.Rounds.Select(round => round.Cost))!;
        var spread = job.OnlyOnce ? "" : $" ({Figure.Text(cost.Min)}-{Figure.Text(cost.Max)})";
        var most = cell.MostPerSecond is null ? "" : $" of {Figure.Text(cell.MostPerSecond)} at most";
        var logged = job.OnlyOnce || cell.LogLinesPerRequest is null || job.WorkUnit.Size > 1 ? "" : cell.LogLinesPerRequest.Value.ToString("0%", CultureInfo.InvariantCulture);
        return $"| `{job.Name}` | {cell.Peer} | {Figure.Text(cost.Median)}{spread} {job.CostUnit} | {Figure.Text(Ratio(cell, cells))} | {job.Served(cell.Rounds)}{most} "
            + $"| {Figure.Text(P50(cell)?.Median)} | {Figure.Text(P99(cell)?.Median)} | {Figure.Text(P999(cell)?.Median)} | {Figure.Text(Memory(cell)?.Median)} | {logged} |";
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
        p999Ms = P999(cell),
        cell.MostPerSecond,
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

    private static Spread? P999(Cell cell) => Spread.Of(cell.Rounds.Select(round => round.Load.P999Ms).OfType<double>());

    private static Spread? Memory(Cell cell) => Spread.Of(cell.Rounds.Select(round => round.Memory.Pss / 1048576.0));
}
