using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tls;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>What begins as HTTP and goes on as bytes: CONNECT (RFC 9110 s.9.3.6) and Upgrade after 101 (s.7.8). Both take
/// the client's bare socket out of the server and run on the same relay as a TCP listener.</summary>
internal sealed class Tunnels(Dialer dialer, Deadlines deadlines, OpenTunnels all)
{
    private static readonly byte[] Established = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    /// <summary>Dials; then the connection is the tunnel's to its end. Returns what to answer where it could not be opened.</summary>
    public async ValueTask<ErrorPage?> ConnectAsync(Exchange x)
    {
        var target = x.Request.Target;
        if (!x.Listener.LetsConnectTo(target.Port))
            return ErrorPage.For(x.Record.Verdict = PortDenied(target.Port));
        DialResult dial;
        x.Trace?.Enter(Stage.Connect);
        try
        {
            x.Client.Watch();
            dial = await dialer.DialAsync(x.Route.To.At, x.Route.Addresses, x.Listener.Limits.Connect, x.Aborted);
        }
        catch (OperationCanceledException)
        {
            return ErrorPage.For(ForwardError.ClientLeft);
        }
        x.Record.Upstream = dial.Remote;
        if (dial.Socket is not { } upstream)
            return ErrorPage.For(ForwardErrors.Of(dial.Error), target.Url);
        x.Record.Status = 200;
        upstream = x.Captured?.Tap(upstream, weDialled: true) ?? upstream;
        await RunAsync(x, upstream, null, Established, default);
        return null;
    }

    public static Verdict PortDenied(int port) =>
        new() { Denies = true, Rule = "connectPorts", Status = 403, Reason = $"Tunnels to port {port} are not allowed here." };

    /// <summary>The upstream has answered 101: hands its head on, then the bytes.</summary>
    public async ValueTask UpgradeAsync(Exchange x, Http1Reply reply)
    {
        x.Record.Kind = RecordKind.Upgrade;
        x.Record.Status = 101;
        var protocol = reply.Head.Fields.Get(FieldNames.Upgrade);
        var fields = reply.Head.Fields.Copy();
        HopByHop.RemoveFromResponse(fields);
        fields.Set(FieldNames.Connection, "Upgrade");
        if (protocol is not null)
            fields.Set(FieldNames.Upgrade, protocol);
        x.Listener.Recorder?.TakeResponse(fields, x.Record);
        var head = new System.Buffers.ArrayBufferWriter<byte>(512);
        HeadWriter.WriteResponse(head, new ResponseHead { Status = 101, Reason = reply.Head.Reason, Fields = fields });
        var (socket, tls, early) = reply.TakeOver();
        await RunAsync(x, socket, tls, head.WrittenMemory, early);
    }

    // Apart: a method with a lambda allocates what the lambda captures whether it comes to it or not.
    private static Func<int, ValueTask>? PaceOf(Exchange x) => x.Verdict.Bandwidth is { } bandwidth ? octets => PaceAsync(x, bandwidth, octets) : null;

    private static async ValueTask PaceAsync(Exchange x, Bandwidth bandwidth, int octets)
    {
        try
        {
            await bandwidth.TakeAsync(octets, x.Aborted);
            // Back to its I/O thread.
            await x.Client.Socket.NextTurn();
        }
        catch (OperationCanceledException)
        {
            // The sockets are reset: the relay finds that.
        }
    }

    private async ValueTask RunAsync(
        Exchange x, TcpSocket upstream, SslStream? tls, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> earlyDown)
    {
        x.Trace?.Enter(Stage.Tunnel);
        if (await x.Client.TakeOverAsync() is not { } client)
        {
            tls?.Dispose();
            upstream.Dispose();
            x.Record.ClientGone = true;
            return;
        }
        // Before its client is told: from then on it is shown, can be closed, and is judged again. While it was dialled it was not among those that are.
        x.Client.Tunnel = x;
        using var open = all.Add(x.Record, x.Client.Abort);
        x.JudgeAgainIfChanged();
        try
        {
            await client.Socket.SendAsync(head);
            if (earlyDown.Length > 0)
                await client.Socket.SendAsync(earlyDown);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The relay finds the same and says so.
        }
        x.MarkFirstByte();
        var (idle, stop) = (x.Listener.Limits.TunnelIdle, x.Aborted);
        if (x.Record.Kind == RecordKind.Connect && x.Listener.LooksIntoTunnels)
        {
            if (await LookAsync(x, client, upstream, open) is not { } early)
                return;
            client = client with { Early = early };
        }
        var pace = PaceOf(x);
        RelayResult result;
        if (tls is null)
        {
            var relay = new Relay(client.Socket, upstream, deadlines) { Pace = pace };
            open.Count = relay;
            result = await relay.RunAsync(client.Early, idle, stop);
        }
        else
        {
            var tunnel = new TlsTunnel(client, tls, upstream, pace);
            open.Count = tunnel;
            result = await tunnel.RunAsync(idle, stop);
        }
        x.Client.Tunnel = null;
        RelayOutcome.Note(x.Record, result, open, earlyDown.Length);
    }

    /// <summary>Has the tunnel judged by its first octets, and returns them; null: it has ended, and the record says how.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> LookAsync(Exchange x, TakenSocket client, TcpSocket upstream, OpenTunnel open)
    {
        var opening = new TunnelOpening(client, upstream, x.Listener.Limits, deadlines);
        var end = RelayEnd.IdleTimedOut;
        try
        {
            if (await opening.ReadAsync(x.Request.Target) is { } start)
            {
                if (!Judge(x, start).Denies)
                    return opening.Octets;
                x.Record.ErrorDetail = opening.Fault == HelloFault.None ? null : opening.Fault.Text();
                await opening.RefuseAsync(start, x.Verdict.Refusal == RefusalForm.Reset);
                return null;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            end = x.Aborted.IsCancellationRequested ? RelayEnd.Stopped : RelayEnd.ClientReset;
        }
        client.Socket.Reset();
        upstream.Reset();
        RelayOutcome.Note(x.Record, new RelayResult(0, 0, end, null), open);
        return null;
    }

    private static Verdict Judge(Exchange x, TunnelStart start)
    {
        (x.Record.Tls, x.Record.ServerName) = (start.Facts, start.ServerName);
        var verdict = x.Listener.JudgeTunnel(x.Verdict, x.Request, x.Asker, start);
        // It may have waited for long: what has been judged again meanwhile did not know of this.
        if (!verdict.Denies && x.Client.Listener != x.Listener)
            verdict = HttpProxy.WhyNoLonger(x, x.Client.Listener) ?? verdict;
        return x.Verdict = x.Record.Verdict = verdict;
    }
}
