namespace Sluice.Bench.Peers;

/// <summary>One question put to all peers that can answer it.</summary>
/// <param name="Name">For <c>--jobs</c>.</param>
internal abstract record Job(string Name, string Title, Form Form)
{
    /// <summary>What a peer is compared by; less is better.</summary>
    public virtual string CostUnit => "CPU µs/request";

    /// <summary>What <see cref="Load.Work"/> counts, and how many of these make one of the table's.</summary>
    public virtual (string Name, double Size) WorkUnit => ("requests", 1);

    /// <summary>A figure that only a fresh process gives takes one round.</summary>
    public virtual bool OnlyOnce => false;

    /// <summary>The load is a constant rate, the same for all, which follows from what the slowest of them can do.</summary>
    public virtual bool HasPace => false;

    /// <param name="slowest">What the slowest does of <see cref="Load.Work"/> in a second, when asked for as much as goes.</param>
    public virtual Job AtPaceOf(double slowest) => this;

    public virtual bool Fits(Peer peer) => peer.Forms.Contains(Form);

    /// <summary>The peer as it is set up for this job; null: it cannot be.</summary>
    public virtual Peer? SetUp(Peer peer) => peer;

    /// <summary>Brings the peer into the state that is measured and shows with single requests that it does what the job says.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public abstract Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel);

    public abstract Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel);

    public virtual double Cost(Load load, double cpuSeconds, Memory growth) => cpuSeconds * 1e6 / load.Work;

    /// <summary>What was done in the rounds, for the table.</summary>
    public virtual string Served(IReadOnlyList<Round> rounds) =>
        $"{Figure.Text(Spread.Of(rounds.Select(round => round.Load.Work / WorkUnit.Size / round.Load.Seconds))?.Median)} {WorkUnit.Name}/s";
}
