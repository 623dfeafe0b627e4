using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>How long a small request takes through the relay while four others carry bulk as fast as they can.</summary>
internal sealed record BesideBulkJob(string Name, string Title) : Job(Name, Title, Form.Tcp)
{
    private const int Bulks = 4;
    private const int Connections = 8;

    public override string CostUnit => "p99 ms";

    public override double Cost(Load load, double cpuSeconds, Memory growth) => load.P99Ms ?? 0;

    public override string Served(IReadOnlyList<Round> rounds) =>
        $"{base.Served(rounds)} beside {Figure.Text(Spread.Of(rounds.Select(round => round.Load.BesideBytesPerSecond / 1e9).OfType<double>())?.Median)} GB/s";

    public override Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel) => RelayJob.CheckAsync(peer, stage, cancel);

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var transfers = new List<BulkTransfer>();
        try
        {
            for (var n = 0; n < Bulks; n++)
                transfers.Add(await BulkTransfer.OpenAsync(peer, stage, Form.Tcp, up: false, cancel));
            // The bulk begins before and ends after the small requests.
            var began = TimeProvider.System.GetTimestamp();
            var bulk = Task.WhenAll(transfers.Select(transfer => transfer.RunAsync(duration + TimeSpan.FromSeconds(1), cancel)));
            await Task.Delay(500, cancel);
            var load = await Wrk.RunAsync(stage, peer.Port(Form.Tcp), RelayJob.List(stage), Connections, kept: true, duration, Connection.TinyAnswer.Length, cancel);
            string? problem = null;
            try
            {
                await bulk;
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                problem = e.Message;
            }
            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            return load with { BesideBytesPerSecond = transfers.Sum(transfer => transfer.Arrived) / seconds, Problem = load.Problem ?? problem };
        }
        finally
        {
            transfers.ForEach(transfer => transfer.Dispose());
        }
    }
}
