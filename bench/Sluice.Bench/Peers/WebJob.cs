using System.Net;

namespace Sluice.Bench.Peers;

/// <summary>GET of many resources: from the cache (hit), or from the origin every time because nothing may be stored (fetch).</summary>
/// <param name="Hosts">The hosts that the resources are spread over.</param>
/// <param name="FromDisk">The peers are set up so that what they store is in files, and only there.</param>
internal sealed record WebJob(string Kind, string Size, int Count, Form Form, string Title, int Hosts = Stage.Hosts, bool FromDisk = false)
    : Job(FromDisk ? $"disk-{Size}" : $"{Kind}-{Size}-{Form.ToString().ToLowerInvariant()}", Title, Form)
{
    private const int Connections = 64;
    private const int Samples = 20;

    private bool Hits => Kind == "hit";

    public override bool Fits(Peer peer) => base.Fits(peer) && (peer.Caches || !Hits);

    public override Peer? SetUp(Peer peer) => FromDisk ? peer.OnDisk : peer;

    public override async Task PrepareAsync(RunningPeer peer, Stage stage, CancellationToken cancel)
    {
        using var client = NewClient(peer);
        if (Hits)
        {
            // Twice: some store only what was asked for before.
            for (var pass = 0; pass < 2; pass++)
                for (var n = 0; n < Count; n++)
                    await GetAsync(client, peer, stage, n, cancel);
        }

        var before = await stage.OriginRequestsAsync(cancel);
        for (var n = 0; n < Samples; n++)
            await GetAsync(client, peer, stage, n, cancel);
        if (WrongSource(Samples, await stage.OriginRequestsAsync(cancel) - before) is { } wrong)
            throw new InvalidDataException(wrong);
    }

    public override Task<Load> RunAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        return CheckSourceAsync(stage, () => peer.Peer.ClosesUnsaid
            ? RunClosingAsync(peer, stage, duration, cancel)
            : Wrk.RunAsync(stage, peer.Port(Form), List(stage), Connections, kept: true, duration, Stage.SizeOf(Size), cancel), cancel);
    }

    /// <summary>Runs a load of this job's requests; it does not count if they were answered from elsewhere than the job says.</summary>
    internal async Task<Load> CheckSourceAsync(Stage stage, Func<Task<Load>> run, CancellationToken cancel)
    {
        var before = await stage.OriginRequestsAsync(cancel);
        var load = await run();
        var wrong = WrongSource(load.Work, await stage.OriginRequestsAsync(cancel) - before);
        return load with { Problem = load.Problem ?? wrong };
    }

    internal IEnumerable<(string Host, string Target)> Requests(Stage stage) => Enumerable.Range(0, Count).Select(n => Request(stage, n));

    /// <summary>Says so if the origin answered what the cache should have, or the other way round.</summary>
    private string? WrongSource(double requests, long asked) =>
        Hits && asked > requests / 1000 ? $"not hits: the origin was asked {asked} times for {requests} requests"
        : !Hits && asked < requests ? $"not fetched: the origin was asked {asked} times for {requests} requests"
        : null;

    private (string Host, string Target) Request(Stage stage, int n)
    {
        var path = $"/{Kind}/{Size}/{n}/a-name-as-long-as-names-on-the-web-are.html";
        var host = n % Hosts + 1;
        if (Form == Form.Reverse)
            return ($"site{host}.bench.test", path);
        var authority = $"127.0.1.{host}:{stage.OriginPort}";
        return (authority, $"http://{authority}{path}");
    }

    private string List(Stage stage) => Wrk.WriteList(stage, Name, Requests(stage));

    /// <summary>The same requests from this process, each on a connection of its own that is read to its end.</summary>
    private async Task<Load> RunClosingAsync(RunningPeer peer, Stage stage, TimeSpan duration, CancellationToken cancel)
    {
        var head = string.Join("\r\n", await File.ReadAllLinesAsync(stage.BrowserHead, cancel)) + "\r\n\r\n";
        return await Clients.RunAsync(Connections, duration, async n =>
        {
            var (host, target) = Request(stage, n % Count);
            using var socket = await Connection.OpenAsync(peer.Port(Form), cancel);
            await Connection.SendAsync(socket, $"GET {target} HTTP/1.1\r\nHost: {host}\r\n{head}", cancel);
            var begin = await Connection.ReadHeadAsync(socket, cancel);
            var length = begin.Length + await Connection.CountToEndAsync(socket, cancel);
            if (!begin.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || length < Stage.SizeOf(Size))
                throw new InvalidDataException($"answered with {begin.Split('\r')[0]} and {length} bytes");
        });
    }

    private HttpClient NewClient(RunningPeer peer) =>
        new(new SocketsHttpHandler
        {
            UseProxy = Form == Form.Forward,
            Proxy = Form == Form.Forward ? new OneProxy(new Uri($"http://127.0.0.1:{peer.Port(Form)}")) : null,
        });

    private async Task GetAsync(HttpClient client, RunningPeer peer, Stage stage, int n, CancellationToken cancel)
    {
        var (host, target) = Request(stage, n);
        var uri = Form == Form.Forward ? target : $"http://127.0.0.1:{peer.Port(Form)}{target}";
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Host = host;
        using var response = await client.SendAsync(request, cancel);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new InvalidDataException($"{host} {target} was answered with {(int)response.StatusCode}");
        var body = await response.Content.ReadAsByteArrayAsync(cancel);
        if (!body.AsSpan().SequenceEqual(Pattern.Bytes[..Stage.SizeOf(Size)]))
            throw new InvalidDataException($"{host} {target}: a wrong body of {body.Length} bytes");
    }

    /// <summary>WebProxy goes past itself for loopback addresses; this does not.</summary>
    private sealed class OneProxy(Uri address) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => address;

        public bool IsBypassed(Uri host) => false;
    }
}
