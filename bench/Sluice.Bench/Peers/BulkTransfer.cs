using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>One endless body through a peer: this process is both ends, and every byte that arrives is compared.</summary>
internal sealed class BulkTransfer : IDisposable
{
    private readonly Socket _from;
    private readonly Socket _to;
    private readonly CancellationTokenSource _stop = new();

    private BulkTransfer(Socket from, Socket to)
    {
        _from = from;
        _to = to;
    }

    /// <summary>Bytes that have arrived, and were right.</summary>
    public long Arrived { get; private set; }

    /// <summary>Connects through the peer's TCP relay (form Tcp) or a tunnel (form Forward).</summary>
    /// <param name="up">From the client to the server; else the other way.</param>
    public static async Task<BulkTransfer> OpenAsync(RunningPeer peer, Stage stage, Form form, bool up, CancellationToken cancel)
    {
        var client = await Connection.OpenAsync(form == Form.Tcp ? peer.BulkPort : peer.Port(form), cancel);
        try
        {
            if (form == Form.Forward)
                await Connection.TunnelAsync(client, stage.SinkPort, cancel);
            // A relay may connect only when the first byte comes: an up transfer's does, a down transfer's would never.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            var server = await stage.TakeArrivalAsync(limit.Token);
            return up ? new BulkTransfer(client, server) : new BulkTransfer(server, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends for a while, then ends the stream and waits until all of it has arrived.</summary>
    /// <exception cref="InvalidDataException">Bytes were lost, added or changed.</exception>
    /// <exception cref="SocketException">A connection broke.</exception>
    public async Task RunAsync(TimeSpan duration, CancellationToken cancel)
    {
        using var registration = cancel.Register(Dispose);
        _stop.CancelAfter(duration);
        var sending = Task.Run(SendAsync, cancel);
        await Task.WhenAll(sending, Task.Run(ReceiveAsync, cancel));
        if (await sending != Arrived)
            throw new InvalidDataException($"{await sending} bytes were sent, {Arrived} arrived");
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    private async Task<long> SendAsync()
    {
        long sent = 0;
        while (!_stop.IsCancellationRequested)
            sent += await _from.SendAsync(Pattern.At(sent), SocketFlags.None);
        _from.Shutdown(SocketShutdown.Send);
        return sent;
    }

    private async Task ReceiveAsync()
    {
        var block = new byte[Pattern.BlockBytes];
        int read;
        while ((read = await _to.ReceiveAsync(block, SocketFlags.None)) > 0)
        {
            if (!block.AsSpan(0, read).SequenceEqual(Pattern.At(Arrived, read).Span))
                throw new InvalidDataException($"wrong bytes after {Arrived}");
            Arrived += read;
        }
    }
}
