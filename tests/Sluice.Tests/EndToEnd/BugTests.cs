using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>A proxy with a bug: its cache is null.</summary>
public class BugTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegin")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    public async Task Bug_Is500OneRecordAndTheEndOfTheConnection(string request)
    {
        var records = new BlockingCollection<ExchangeRecord>();
        using var socket = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, NullLogger.Instance);
        var options = new ListenerOptions { Name = "test", Kind = ListenerKind.Reverse, Bind = socket.EndPoint, To = new HostPort("127.0.0.1", 1) };
        await using var censor = Censor.Load([], TimeProvider.System, NullLogger.Instance).Censor;
        var gate = new ListenerGate(options, AddressRules.Any, censor, new LimitOptions { Drain = TimeSpan.FromSeconds(1) });
        var proxy = new HttpProxy(null!, new LoginStep(null!), null!, null!, new Via("test"));
        await using var server = new HttpServer(gate, socket, proxy, records.Add, null, NullLoggerFactory.Instance, TimeProvider.System);
        await using var client = await RawConnection.OpenAsync(socket.EndPoint);
        await client.SendAsync(request);
        var answer = await client.ReadResponseAsync();
        Assert.Equal((500, "close"), (answer.Status, answer["Connection"]));
        Assert.Contains("proxy_internal_error", answer["Proxy-Status"]);
        Assert.DoesNotContain("NullReference", answer.Text);
        await client.WaitUntilGoneAsync();
        await server.DisposeAsync();
        var record = Assert.Single(records);
        Assert.Equal((500, "proxy_internal_error"), (record.Status, record.Error));
    }
}
