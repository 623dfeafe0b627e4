namespace Sluice.Bench.Peers;

/// <summary>How long answers take at a constant rate that is the same for all: <see cref="Share"/> of what the slowest can do.
/// In a closed loop a slow proxy is asked less; here everyone is asked alike, and none is at its end.</summary>
/// <param name="Web">What is asked for.</param>
/// <param name="Rate">Requests per second; null before it is known: as many as go.</param>
internal sealed record LatencyJob(WebJob Web, double? Rate = null) : Job($"latency-{Web.Kind}-{Web.Size}", Web.Title, Web.Form)
{
    // One at a time on each: enough that a slow answer makes no other request wait behind it, at rates of up to 25,600 one each 10 ms.
    private const int Connections = 256;
    private const double Share = 0.7;

    public override string CostUnit => "p99 ms";

    public override bool HasPace => true;

    public override Job AtPaceOf(double slowest) => this with { Rate = Math.Round(Share * slowest, MidpointRounding.ToZero) };

    public override bool Fits(Peer peer) => Web.Fits(peer);

    public override Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel) => Web.PrepareAsync(peer, stage, cancel);

    public override Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var list = Path.Combine(stage.Folder, $"{Name}.urls");
        var requests = Web.Requests(stage).ToList();
        File.WriteAllLines(list, requests.Select(request => $"http://127.0.0.1:{peer.Port(Form)}{request.Target}"));
        return Web.CheckSourceAsync(stage, () =>
            H2load.RunAsync(stage, list, requests[0].Host, Connections, Rate, duration, Stage.SizeOf(Web.Size), cancel), cancel);
    }

    public override double Cost(Load load, double cpuSeconds, Memory growth) => load.P99Ms ?? 0;
}
