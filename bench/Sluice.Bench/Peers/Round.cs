namespace Sluice.Bench.Peers;

/// <summary>What a load did: its amount of work and how long answers took; <see cref="Problem"/> says why it may not count.</summary>
/// <param name="Work">Requests, connections or bytes, by the job's unit.</param>
internal sealed record Load(double Work, double Seconds)
{
    public double? P50Ms { get; init; }

    public double? P99Ms { get; init; }

    public double? P999Ms { get; init; }

    /// <summary>Bytes that went through beside the requests, per second.</summary>
    public double? BesideBytesPerSecond { get; init; }

    /// <summary>The peer's memory during the load, where a look after it would come too late.</summary>
    public Memory? Memory { get; init; }

    public string? Problem { get; init; }
}

/// <summary>One round of one job on one peer.</summary>
/// <param name="Cost">In the job's unit.</param>
/// <param name="CpuSeconds">By program name.</param>
/// <param name="Memory">At the end of the load.</param>
/// <param name="Growth">Of the memory, from before the load.</param>
internal sealed record Round(Load Load, double Cost, IReadOnlyDictionary<string, double> CpuSeconds, Memory Memory, Memory Growth)
{
    public const string NotCounted = "(not counted)";
}

/// <summary>All rounds of one job on one peer. With a problem it has no figures.</summary>
internal sealed record Cell(string Peer, bool OutOfContest)
{
    public string? Problem { get; init; }

    public IReadOnlyList<Round> Rounds { get; init; } = [];

    /// <summary>What it did in a second when asked for as much as goes, where the job's pace follows from that.</summary>
    public double? MostPerSecond { get; init; }

    /// <summary>Lines in the access log for each request that was counted; null where it writes none or nothing was counted.</summary>
    public double? LogLinesPerRequest { get; init; }
}

/// <summary>Median, least and greatest of the rounds.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread? Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        if (sorted.Count == 0)
            return null;
        var middle = sorted.Count / 2;
        var median = sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
