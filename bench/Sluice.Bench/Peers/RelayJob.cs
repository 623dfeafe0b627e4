namespace Sluice.Bench.Peers;

/// <summary>Small requests and answers through a TCP relay to the HTTP origin, on kept connections or on a new one each.</summary>
internal sealed record RelayJob(string Name, string Title, int Connections, bool Kept) : Job(Name, Title, Form.Tcp)
{
    public override Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel) => CheckAsync(peer, stage, cancel);

    public override async Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel) =>
        await Wrk.RunAsync(stage, peer.Port(Form.Tcp), List(stage), Connections, Kept, duration, Connection.TinyAnswer.Length, cancel);

    internal static string List(Stage stage) => Wrk.WriteList(stage, "tiny", [("www.bench.test", "/tiny")]);

    /// <summary>One request through the relay reaches the origin.</summary>
    internal static async Task CheckAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        var before = await stage.OriginRequestsAsync(cancel);
        using var socket = await Connection.OpenAsync(peer.Port(Form.Tcp), cancel);
        await Connection.AskTinyAsync(socket, cancel);
        if (await stage.OriginRequestsAsync(cancel) != before + 1)
            throw new InvalidDataException("the relay does not lead to the origin");
    }
}
