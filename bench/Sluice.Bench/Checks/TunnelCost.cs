// What does it cost to look into a tunnel?
//
// What: tunnels that are opened, say a ClientHello of 517 octets, get it back and close, in turn over a listener without a policy and over one whose
//   policy names hosts, so that it reads the hello and judges its server name. CPU of the proxy's process for each tunnel.
// Facts: CPU comes in steps of 10 ms; 5,000 tunnels take about a second of it.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Checks;

internal static class TunnelCost
{
    private const int AtOnce = 8;

    public static async Task<int> RunAsync(string[] options)
    {
        var (count, rounds) = (Arguments.Number(options, "--tunnels", 5_000), Arguments.Number(options, "--rounds", 7));
        var logFile = Path.GetTempFileName();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        _ = EchoAsync(listener);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using var proxy = await ServedProxy.StartAsync(port, logFile);
        var (plain, looked) = (new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
            foreach (var (through, costs) in new[] { (proxy.Open, plain), (proxy.Forward, looked) })
            {
                var before = proxy.Cpu;
                await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => OpenAsync(through, port, count / AtOnce)));
                if (round >= 0)
                    costs.Add((proxy.Cpu - before).TotalMicroseconds / count);
            }
        await proxy.StopAsync();
        File.Delete(logFile);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rounds} rounds of {count} tunnels, us of CPU each, median (least): without a policy {Median(plain):0.0} ({plain.Min():0.0}), looked into {Median(looked):0.0} ({looked.Min():0.0})"));
        return 0;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task OpenAsync(IPEndPoint proxy, int port, int count)
    {
        var (connect, hello) = (Encoding.ASCII.GetBytes($"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"), Hellos.Of("localhost"));
        var buffer = new byte[4096];
        for (var i = 0; i < count; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(proxy);
            await socket.SendAsync(connect);
            await socket.ReceiveAsync(buffer);
            await socket.SendAsync(hello);
            for (int got = 0, more; got < hello.Length; got += more)
                if ((more = await socket.ReceiveAsync(buffer)) == 0)
                    throw new InvalidDataException("the tunnel ended");
        }
    }

    private static async Task EchoAsync(Socket listener)
    {
        try
        {
            while (true)
                _ = EchoOneAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed
        }
    }

    private static async Task EchoOneAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[4096];
            for (int got; (got = await socket.ReceiveAsync(buffer)) > 0;)
                await socket.SendAsync(buffer.AsMemory(0, got));
        }
    }
}
