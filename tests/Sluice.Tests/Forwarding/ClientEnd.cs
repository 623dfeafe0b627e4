using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Tests.Kit;
using Sluice.Tests.Net;

namespace Sluice.Tests.Forwarding;

/// <summary>A client's end of a connection, and ours without the loop that reads requests: the test drives its parts.</summary>
internal sealed class ClientEnd : IAsyncDisposable
{
    private readonly HttpServer _server;
    private readonly Deadlines _deadlines;

    private ClientEnd(Socket client, TcpSocket own, LimitOptions limits, ListenerKind kind)
    {
        Socket = client;
        Client = new RawConnection(client);
        _deadlines = new Deadlines(Time);
        var options = new ListenerOptions { Name = "test", Kind = kind, Bind = new IPEndPoint(IPAddress.Loopback, 0) };
        var gate = new ListenerGate(options, AddressRules.Any, Censor.Load([], Time, NullLogger.Instance).Censor, limits);
        _server = new HttpServer(gate, new SocketListener(options.Bind), null!, static _ => { }, null, NullLoggerFactory.Instance, Time);
        Own = new ClientConnection(_server, own, _deadlines);
    }

    public ManualTime Time { get; } = new();

    public Socket Socket { get; }

    public RawConnection Client { get; }

    public ClientConnection Own { get; }

    public static async Task<ClientEnd> ConnectAsync(LimitOptions? limits = null, ListenerKind kind = ListenerKind.Forward, int? buffers = null)
    {
        var (client, own) = await Wire.OwnPairAsync(buffers);
        client.NoDelay = true;
        return new ClientEnd(client, own, limits ?? new LimitOptions(), kind);
    }

    /// <summary>An exchange whose request has this head.</summary>
    public Exchange Begin(string head)
    {
        var parser = new RequestHeadParser(1 << 16, 1 << 16, 100);
        Assert.Equal(ParseStep.Done, parser.Read(Encoding.Latin1.GetBytes(head), out _));
        var x = new Exchange(Own, parser, null, Time, 0);
        Own.Answer.Begin(x);
        Own.Body.Begin(BodyLength.None, expectsContinue: false);
        Assert.Null(RequestReader.Read(x, Own.Limits));
        return x;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        Own.Socket.Dispose();
        Own.Answer.Release();
        _deadlines.Dispose();
    }
}
