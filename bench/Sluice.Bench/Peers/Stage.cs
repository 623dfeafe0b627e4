using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Sluice.Bench.Peers;

/// <summary>What all peers of a run share: a folder in memory, ports, the HTTP origin, and the far end of bulk transfers.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>The addresses that the resources are spread over, as "many hosts": 127.0.1.1 to 127.0.1.50.</summary>
    public const int Hosts = 50;

    private static readonly Dictionary<string, int> Sizes = new Dictionary<string, int> { ["1k"] = 1 << 10, ["64k"] = 64 << 10, ["1m"] = 1 << 20 };

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Socket _sink = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<Socket> _arrivals = Channel.CreateUnbounded<Socket>();
    private readonly HttpClient _status = new();
    private Child? _origin;
    private long _statusRequests;
    // Below the range that outgoing connections take their ports from.
    private int _nextPort = 20_000 + Environment.ProcessId % 5_000;

    private Stage(string configurations, string stores)
    {
        Configurations = configurations;
        Folder = Directory.CreateDirectory($"/dev/shm/sluice-bench-{Environment.ProcessId}").FullName;
        Stores = Directory.CreateDirectory(Path.Combine(stores, $"sluice-bench-{Environment.ProcessId}")).FullName;
        OpenToAll(Folder);
        OpenToAll(Stores);
        OriginPort = FreePort();
        _sink.Bind(new IPEndPoint(IPAddress.Loopback, FreePort()));
        _sink.Listen(512);
    }

    public string Folder { get; }

    /// <summary>Where caches have their files.</summary>
    public string Stores { get; }

    /// <summary>bench/peers.</summary>
    public string Configurations { get; }

    /// <summary>The file of the fields that a browser sends, without Host.</summary>
    public string BrowserHead => Path.Combine(Configurations, "browser.head");

    public int OriginPort { get; }

    /// <summary>Where bulk transfers end; the connections that arrive are taken with <see cref="TakeArrivalAsync"/>.</summary>
    public int SinkPort => ((IPEndPoint)_sink.LocalEndPoint!).Port;

    public static int SizeOf(string size) => Sizes[size];

    public static async Task<Stage> StartAsync(string configurations, string stores, CancellationToken cancel)
    {
        var stage = new Stage(configurations, stores);
        _ = stage.AcceptAsync();
        var folder = stage.NewFolder("origin");
        Directory.CreateDirectory(Path.Combine(folder, "bodies"));
        foreach (var (name, bytes) in Sizes)
            await File.WriteAllBytesAsync(Path.Combine(folder, "bodies", name), Pattern.Bytes[..bytes].ToArray(), cancel);
        var listens = from address in Enumerable.Range(1, Hosts).Select(n => $"127.0.1.{n}").Prepend("127.0.0.1")
                      select $"        listen {address}:{stage.OriginPort} backlog=4096;";
        var file = stage.Fill("origin.conf", folder, new Dictionary<string, string> { ["LISTENS"] = string.Join('\n', listens) });
        stage._origin = new Child(["nginx", "-p", folder, "-e", Path.Combine(folder, "error.log"), "-c", file], Path.Combine(folder, "output"));
        await stage.AwaitPortAsync(stage.OriginPort, stage._origin, cancel);
        return stage;
    }

    /// <summary>An empty folder that a program under another user may use, too.</summary>
    public string NewFolder(string name) => NewFolderAt(Path.Combine(Folder, name));

    /// <summary>The same for the files of a cache.</summary>
    public string NewStore(string name) => NewFolderAt(Path.Combine(Stores, $"{name}-store"));

    private static string NewFolderAt(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        OpenToAll(folder);
        return folder;
    }

    public static void OpenToAll(string folder) =>
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);

    /// <summary>Writes a template of bench/peers to a folder, its placeholders replaced, and returns its path.</summary>
    public string Fill(string template, string folder, IReadOnlyDictionary<string, string> values)
    {
        var path = Path.Combine(folder, template);
        File.WriteAllText(path, Replace(File.ReadAllText(Path.Combine(Configurations, template)), folder, values));
        return path;
    }

    public string Replace(string text, string folder, IReadOnlyDictionary<string, string> values)
    {
        // First the given ones: they may hold the common ones.
        return values.Aggregate(text, (filled, value) => filled.Replace($"@{value.Key}@", value.Value))
            .Replace("@DIR@", folder).Replace("@SELF@", Environment.ProcessPath)
            .Replace("@ORIGIN@", OriginPort.ToString(CultureInfo.InvariantCulture))
            .Replace("@SINK@", SinkPort.ToString(CultureInfo.InvariantCulture));
    }

    public int FreePort()
    {
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, _nextPort++));
                return _nextPort - 1;
            }
            catch (SocketException)
            {
                // Somebody else's; the next one.
            }
        }
    }

    /// <summary>Waits until the program accepts connections on the port.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not open the port in time.</exception>
    public async Task AwaitPortAsync(int port, Child program, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < StartLimit && !program.HasEnded)
        {
            try
            {
                using var probe = await Connection.OpenAsync(port, cancel);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancel);
            }
        }
        throw new InvalidOperationException($"did not start: {program.Tail()}");
    }

    /// <summary>The requests that the origin has answered so far; asking is not counted.</summary>
    public async Task<long> OriginRequestsAsync(CancellationToken cancel)
    {
        var text = await _status.GetStringAsync(new Uri($"http://127.0.0.1:{OriginPort}/status"), cancel);
        // stub_status: the third line is "accepts handled requests".
        var requests = long.Parse(text.Split('\n')[2].Trim().Split(' ')[2], CultureInfo.InvariantCulture);
        return requests - ++_statusRequests;
    }

    /// <summary>The next connection that arrived at <see cref="SinkPort"/>.</summary>
    public ValueTask<Socket> TakeArrivalAsync(CancellationToken cancel) => _arrivals.Reader.ReadAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        _sink.Dispose();
        _status.Dispose();
        if (_origin is not null)
            await _origin.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        if (Stores != Folder)
            Directory.Delete(Stores, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _arrivals.Writer.TryWrite(await _sink.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _arrivals.Writer.TryComplete();
        }
    }
}
