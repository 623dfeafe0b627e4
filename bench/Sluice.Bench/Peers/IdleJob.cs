using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>Connections that each carried one request and then wait: memory for each. The figure is the growth of a fresh process.</summary>
internal sealed record IdleJob(string Name, string Title, Form Form) : Job(Name, Title, Form)
{
    private const int Connections = 8_000;
    private const int AtOnce = 64;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public override string CostUnit => "KiB/connection";

    public override (string Name, double Size) WorkUnit => ("connections", 1);

    public override bool OnlyOnce => true;

    public override double Cost(Load load, double cpuSeconds, long memoryGrowthBytes) => memoryGrowthBytes / 1024.0 / load.Work;

    public override async Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        using var socket = await AskAsync(peer, cancel);
    }

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var open = new List<Socket>(Connections);
        var began = TimeProvider.System.GetTimestamp();
        string? problem = null;
        long? memory = null;
        try
        {
            while (open.Count < Connections)
                open.AddRange(await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync(peer, cancel))));
            await Task.Delay(Rest, cancel);
            var left = open.Count(socket => socket.Poll(0, SelectMode.SelectRead));
            problem = left == 0 ? null : $"{left} connections were closed";
            memory = peer.MemoryBytes();
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            problem = $"after {open.Count} connections: {e.Message}";
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
        return new Load(open.Count, TimeProvider.System.GetElapsedTime(began).TotalSeconds) { Problem = problem, MemoryBytes = memory };
    }

    private async Task<Socket> AskAsync(RunningPeer peer, CancellationToken cancel)
    {
        var socket = await Connection.OpenAsync(peer.Port(Form), cancel);
        await Connection.AskTinyAsync(socket, cancel);
        return socket;
    }
}
