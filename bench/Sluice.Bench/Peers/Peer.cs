namespace Sluice.Bench.Peers;

/// <summary>How a job reaches the proxy; each form is a port.</summary>
internal enum Form
{
    /// <summary>The client speaks to it as if it were the origin (origin-form).</summary>
    Reverse,

    /// <summary>The client knows that it is a proxy (absolute-form, CONNECT).</summary>
    Forward,

    /// <summary>It relays bytes.</summary>
    Tcp,
}

/// <summary>One proxy: how it is started and what it can do. In files and commands stand placeholders like @DIR@.</summary>
internal sealed record Peer(string Name)
{
    /// <summary>Programs, each with its arguments, in the order of starting; all run in the foreground.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Commands { get; init; }

    /// <summary>Files below bench/peers that are filled in and written to the peer's folder.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Folders that must be there first.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    public required IReadOnlyList<Form> Forms { get; init; }

    /// <summary>Its cache is in use.</summary>
    public bool Caches { get; init; } = true;

    /// <summary>It closes after each answer without saying so, which wrk takes for an error.</summary>
    public bool ClosesUnsaid { get; init; }

    /// <summary>It checks requests against <see cref="BlockList"/>.</summary>
    public bool ReadsList { get; init; }

    /// <summary>The most clients that its configuration lets in at once.</summary>
    public int MostClients { get; init; } = int.MaxValue;

    /// <summary>The only jobs it takes part in, by name; null: all that it can do.</summary>
    public IReadOnlyList<string>? OnlyJobs { get; init; }

    /// <summary>Shown for comparison, but no one is compared with it.</summary>
    public bool OutOfContest { get; init; }

    /// <summary>Its access logs, in its folder; none: it writes none.</summary>
    public IReadOnlyList<string> Logs { get; init; } = ["access.log"];

    /// <summary>What prints its version; the first line that holds a digit is taken.</summary>
    public required IReadOnlyList<string> Version { get; init; }

    /// <summary>More placeholders.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>The same with a cache in files, and none in its own memory as far as it can do without; null: it has no such cache.</summary>
    public Peer? OnDisk { get; init; }

    public bool TakesPartIn(Job job) => OnlyJobs?.Contains(job.Name) != false && job.Fits(this) && job.SetUp(this) is not null;
}
