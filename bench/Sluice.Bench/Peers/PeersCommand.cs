using System.CommandLine;

namespace Sluice.Bench.Peers;

/// <summary>What a run of the peers was asked for.</summary>
internal sealed record PeersOptions(IReadOnlyList<Job> Jobs, IReadOnlyList<Peer> Peers, int Rounds, TimeSpan Duration, TimeSpan WarmUp, string Stores);

/// <summary>The command line of <c>bench/peers/run</c>.</summary>
internal static class PeersCommand
{
    private static readonly TimeSpan TimeToClean = TimeSpan.FromMinutes(1);

    public static async Task<int> InvokeAsync(string[] args)
    {
        var root = Repository();
        var jobs = new Option<string>("--jobs") { Description = "Only the jobs whose names begin so, with commas between: hit,fetch-1k,relay" };
        var peers = new Option<string>("--peers") { Description = "Only these, with commas between; haproxy-nolog and sluice-* take part only if named or with 'all'" };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each job, the peers taking turns", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "Length of one peer's turn", DefaultValueFactory = _ => 4 };
        var warmUp = new Option<double>("--warm-up") { Description = "Seconds of load before the first round of a job", DefaultValueFactory = _ => 4 };
        var sluice = new Option<string>("--sluice")
        {
            Description = "The executable",
            DefaultValueFactory = _ => Path.Combine(root, "src/Sluice/bin/Release/net10.0/sluice"),
        };
        var stores = new Option<string>("--disk-dir") { Description = "Where caches have their files", DefaultValueFactory = _ => "/dev/shm" };
        var list = new Option<bool>("--list") { Description = "Only name the jobs and the peers" };
        var command = new RootCommand("The same load on Sluice and on its peers, in alternating rounds") { jobs, peers, rounds, seconds, warmUp, sluice, stores, list };
        command.SetAction(async (parsed, cancel) =>
        {
            var all = PeerTable.All(parsed.GetValue(sluice)!);
            var unknown = Unknown(all, parsed.GetValue(jobs), parsed.GetValue(peers));
            if (unknown.Count > 0)
            {
                Console.Error.WriteLine($"neither a job nor a peer, see --list: {string.Join(", ", unknown)}");
                return 2;
            }
            var options = new PeersOptions(
                Jobs(parsed.GetValue(jobs)), Peers(all, parsed.GetValue(peers)), parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), parsed.GetValue(stores)!);
            if (parsed.GetValue(list))
                return List(options);
            return await RunAsync(root, options, cancel);
        });
        return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeToClean });
    }

    private static async Task<int> RunAsync(string root, PeersOptions options, CancellationToken cancel)
    {
        var configurations = Path.Combine(root, "bench/peers");
        try
        {
            var report = new Report(await Machine.ReadAsync(root), options, await VersionsAsync(options.Peers));
            await using (var stage = await Stage.StartAsync(configurations, options.Stores, cancel))
            {
                foreach (var job in options.Jobs)
                {
                    var (measured, cells) = await new JobRun(job, options, stage).RunAsync(cancel);
                    report.Add(measured, cells);
                    report.Save(Path.Combine(configurations, "out"));
                }
            }
            Console.WriteLine();
            Console.WriteLine(report.Table());
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("stopped");
            return 130;
        }
    }

    private static int List(PeersOptions options)
    {
        foreach (var job in options.Jobs)
            Console.WriteLine($"{job.Name,-20} {job.Title}: {string.Join(' ', options.Peers.Where(peer => peer.TakesPartIn(job)).Select(peer => peer.Name))}");
        return 0;
    }

    private static async Task<IReadOnlyDictionary<string, string>> VersionsAsync(IReadOnlyList<Peer> peers)
    {
        var versions = new Dictionary<string, string>();
        foreach (var peer in peers)
            versions[peer.Name] = await Machine.FirstLineAsync(peer.Version);
        return versions;
    }

    private static List<string> Unknown(IReadOnlyList<Peer> all, string? jobs, string? peers) =>
    [
        .. (jobs?.Split(',') ?? []).Where(name => !JobTable.All.Any(job => job.Name.StartsWith(name, StringComparison.Ordinal))),
        .. (peers?.Split(',') ?? []).Where(name => name != "all" && !all.Any(peer => peer.Name == name)),
    ];

    private static List<Job> Jobs(string? names) =>
        [.. JobTable.All.Where(job => names is null || names.Split(',').Any(name => job.Name.StartsWith(name, StringComparison.Ordinal)))];

    private static List<Peer> Peers(IReadOnlyList<Peer> all, string? names) => names switch
    {
        null => [.. all.Where(peer => !peer.OutOfContest)],
        "all" => [.. all],
        _ => [.. all.Where(peer => names.Split(',').Contains(peer.Name))],
    };

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("not within the repository");
    }
}
