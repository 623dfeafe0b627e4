using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>A tunnel's whole life: connect to the proxy, CONNECT to the origin, one small request and answer, close.</summary>
internal sealed record ConnectJob(string Name, string Title) : Job(Name, Title, Form.Forward)
{
    private const int ClientCount = 16;

    public override string CostUnit => "CPU µs/tunnel";

    public override (string Name, double Size) WorkUnit => ("tunnels", 1);

    public override Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel) => OneAsync(peer, stage, cancel);

    public override Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel) =>
        Clients.RunAsync(ClientCount, duration, _ => OneAsync(peer, stage, cancel));

    private static async Task OneAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        using var socket = await Connection.OpenAsync(peer.Port(Form.Forward), cancel);
        await Connection.TunnelAsync(socket, stage.OriginPort, cancel);
        await Connection.AskTinyAsync(socket, cancel);
    }
}
