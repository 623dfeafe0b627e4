using System.Net;

namespace Sluice.Cli.Demo;

/// <summary>Two clients at once, each with its own texts, through the relay; then a fourth as many directly to the server,
/// to show what the relay costs.</summary>
internal sealed class RelayTrial(int requests, DemoReport report, PhaseProgress progress, TimeProvider time)
{
    /// <summary>Both ways together, of each client's connection: what the access log must say.</summary>
    public IReadOnlyList<long> RelayedBytes { get; private set; } = [];

    public async Task RunAsync(IPEndPoint relay, IPEndPoint server, CancellationToken stop)
    {
        DemoJob[] rows = [report.Begin("relay, client 1"), report.Begin("relay, client 2")];
        var clients = await AskAsync("relayed", requests, relay, rows, stop);
        for (var i = 0; i < rows.Length; i++)
            Measure(rows[i], [clients[i]]);
        var relayed = report.Begin("relay, both clients");
        Measure(relayed, clients);
        RelayedBytes = [.. clients.Select(client => 2 * client.BytesSent)];

        var direct = report.Begin("both, without relay");
        Measure(direct, await AskAsync("direct", Math.Max(1, requests / 4), server, [direct, direct], stop));
        if (relayed.Median is { } with && direct.Median is { } without)
            report.Remark = $"All in one process on the same cores, the relay adds {DemoReport.Microseconds(with > without ? with - without : default)} to the median of {DemoReport.Microseconds(without)}.";
    }

    private async Task<TextClient[]> AskAsync(string what, int each, IPEndPoint to, DemoJob[] rows, CancellationToken stop)
    {
        TextClient[] clients = [new(1, each, time), new(2, each, time)];
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var work = Task.WhenAll(clients.Zip(rows, (client, row) => Task.Run(() => client.RunAsync(to, row, halt.Token), stop)));
        try
        {
            await progress.ShowAsync(what, 2L * each, () => clients.Sum(client => (long)client.Done), work, halt);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            rows[0].Wrong("no answer for 30 s");
        }
        for (var i = 0; i < clients.Length; i++)
            if (clients[i].Done != each)
                rows[i].Wrong($"client {i + 1} got {clients[i].Done} of {each} answers");
        return clients;
    }

    private void Measure(DemoJob row, TextClient[] clients)
    {
        row.Count = clients.Sum(client => (long)client.Done);
        row.Took = time.GetElapsedTime(clients.Min(client => client.Began), clients.Max(client => client.Ended));
        var sorted = new List<long>();
        foreach (var client in clients)
            sorted.AddRange(client.Latencies);
        if (sorted.Count == 0)
            return;
        sorted.Sort();
        row.Median = time.GetElapsedTime(0, sorted[sorted.Count / 2]);
        row.P99 = time.GetElapsedTime(0, sorted[sorted.Count * 99 / 100]);
    }
}
