using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>A tunnel's whole life: connect to the proxy, CONNECT to the origin, one small request and answer, close.</summary>
internal sealed record ConnectJob(string Name, string Title) : Job(Name, Title, Form.Forward)
{
    private const int Clients = 16;

    public override string CostUnit => "CPU µs/tunnel";

    public override (string Name, double Size) WorkUnit => ("tunnels", 1);

    public override Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel) => OneAsync(peer, stage, cancel);

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var times = new List<double>[Clients];
        var began = TimeProvider.System.GetTimestamp();
        string? problem = null;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
            {
                var own = times[client] = [];
                while (TimeProvider.System.GetElapsedTime(began) < duration)
                {
                    var start = TimeProvider.System.GetTimestamp();
                    await OneAsync(peer, stage, cancel);
                    own.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
                }
            }, cancel)));
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            problem = e.Message;
        }
        var sorted = times.SelectMany(own => own ?? []).Order().ToList();
        return new Load(sorted.Count, TimeProvider.System.GetElapsedTime(began).TotalSeconds)
        {
            P50Ms = At(sorted, 0.5),
            P99Ms = At(sorted, 0.99),
            P999Ms = At(sorted, 0.999),
            Problem = problem,
        };
    }

    private static double? At(List<double> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task OneAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        using var socket = await Connection.OpenAsync(peer.Port(Form.Forward), cancel);
        await Connection.TunnelAsync(socket, stage.OriginPort, cancel);
        await Connection.SendAsync(socket, "GET /tiny HTTP/1.1\r\nHost: www.bench.test\r\n\r\n", cancel);
        var head = await Connection.ReadHeadAsync(socket, cancel);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            throw new InvalidDataException($"through the tunnel came {head.Split('\r')[0]}");
    }
}
