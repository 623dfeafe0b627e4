using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>Connections that each carried one request and then wait: memory for each. The figure is the growth of a process
/// that was started for this job and has answered <see cref="WarmConnections"/> x <see cref="WarmRequests"/> requests before, so that
/// the code and tables that the first requests bring are not divided among the connections.</summary>
internal sealed record IdleJob(string Name, string Title, Form Form, int Connections) : Job(Name, Title, Form)
{
    private const int AtOnce = 64;
    private const int WarmConnections = 64;
    private const int WarmRequests = 32;

    // Each client address has 28,000 ports of its own: none is waited for.
    private static readonly IPAddress[] Sources = [.. Enumerable.Range(2, 4).Select(n => IPAddress.Parse($"127.0.0.{n}"))];

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly (string Path, int BodyBytes) _resource =
        Form == Form.Reverse ? ("/hit/1k/0/an-idle-client-asked-for-this.html", Stage.SizeOf("1k")) : ("/tiny", Connection.TinyAnswer.Length);

    public override string CostUnit => "KiB/connection";

    public override (string Name, double Size) WorkUnit => ("connections", 1);

    public override bool OnlyOnce => true;

    /// <summary>Whether the one request is answered from the cache; through relays and tunnels it goes to the origin.</summary>
    private bool Hits => Form == Form.Reverse;

    public override bool Fits(Peer peer) => base.Fits(peer) && peer.MostClients >= Connections;

    public override double Cost(Load load, double cpuSeconds, Memory growth) => growth.Rss / 1024.0 / load.Work;

    public override string Served(IReadOnlyList<Round> rounds) =>
        $"{rounds[0].Load.Work:N0} {WorkUnit.Name}; Pss {Figure.Text(rounds[0].Growth.Pss / 1024.0 / rounds[0].Load.Work)} KiB each";

    public override async Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        var sockets = new List<Socket>();
        try
        {
            for (var n = 0; n < WarmConnections; n++)
                sockets.Add(await OpenAsync(peer, stage, n, cancel));
            for (var n = 0; n < WarmRequests; n++)
                await Task.WhenAll(sockets.Select(socket => Connection.AskAsync(socket, _resource.Path, _resource.BodyBytes, cancel)));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var open = new List<Socket>(Connections);
        var began = TimeProvider.System.GetTimestamp();
        var before = await stage.OriginRequestsAsync(cancel);
        string? problem = null;
        Memory? memory = null;
        try
        {
            while (open.Count < Connections)
                open.AddRange(await Task.WhenAll(Enumerable.Range(open.Count, Math.Min(AtOnce, Connections - open.Count))
                    .Select(n => OpenAsync(peer, stage, n, cancel))));
            await Task.Delay(Rest, cancel);
            var asked = await stage.OriginRequestsAsync(cancel) - before;
            var left = open.Count(socket => socket.Poll(0, SelectMode.SelectRead));
            problem = left > 0 ? $"{left} connections were closed"
                : asked != (Hits ? 0 : Connections) ? $"the origin was asked {asked} times by {Connections} connections"
                : null;
            memory = peer.Memory();
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            problem = $"after {open.Count} connections: {e.Message}";
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
        return new Load(open.Count, TimeProvider.System.GetElapsedTime(began).TotalSeconds) { Problem = problem, Memory = memory };
    }

    private async Task<Socket> OpenAsync(RunningPeer peer, Stage stage, int n, CancellationToken cancel)
    {
        var socket = await Connection.OpenAsync(peer.Port(Form), cancel, Sources[n % Sources.Length]);
        if (Form == Form.Forward)
            await Connection.TunnelAsync(socket, stage.OriginPort, cancel);
        await Connection.AskAsync(socket, _resource.Path, _resource.BodyBytes, cancel);
        return socket;
    }
}
