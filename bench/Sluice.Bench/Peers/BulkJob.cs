using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>One stream as fast as it goes through a relay or a tunnel: seconds of CPU for a GB.</summary>
internal sealed record BulkJob(string Name, string Title, Form Form, bool Up) : Job(Name, Title, Form)
{
    public override string CostUnit => "CPU s/GB";

    public override (string Name, double Size) WorkUnit => ("GB", 1e9);

    public override double Cost(Load load, double cpuSeconds, Memory growth) => cpuSeconds / (load.Work / 1e9);

    public override async Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        if ((await RunAsync(peer, stage, TimeSpan.FromMilliseconds(50), cancel)).Problem is { } problem)
            throw new InvalidDataException(problem);
    }

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        using var transfer = await BulkTransfer.OpenAsync(peer, stage, Form, Up, cancel);
        var began = TimeProvider.System.GetTimestamp();
        string? problem = null;
        try
        {
            await transfer.RunAsync(duration, cancel);
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            problem = e.Message;
        }
        return new Load(transfer.Arrived, TimeProvider.System.GetElapsedTime(began).TotalSeconds) { Problem = problem };
    }
}
