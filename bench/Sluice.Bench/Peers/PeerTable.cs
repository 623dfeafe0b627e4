namespace Sluice.Bench.Peers;

/// <summary>Everybody who takes part. Their configurations stand in bench/peers, the reasons in bench/README.md.</summary>
internal static class PeerTable
{
    public const string Sluice = "sluice";

    private const string SquidInMemory = "cache_mem 256 MB\nmemory_cache_mode always\nmaximum_object_size_in_memory 4 MB";
    private const string SquidOnDisk = "cache_mem 0\nmaximum_object_size_in_memory 0\ncache_dir aufs @STORE@ 256 16 256";

    public static IReadOnlyList<Peer> All(string sluice) =>
    [
        Variant(sluice, Sluice) with { OnDisk = Variant(sluice, Sluice, "0\n  disk: { path: \"@STORE@\", size: 256MiB }") },
        Variant(sluice, "sluice-nolist", list: false),
        Variant(sluice, "sluice-nolog", log: false),
        Variant(sluice, "sluice-nocache", "0"),
        Variant(sluice, "sluice-bare", list: false, log: false),
        Nginx with { OnDisk = Nginx },
        HAProxy("haproxy"),
        HAProxy("haproxy-splice", "option splice-request\n    option splice-response") with { OnlyJobs = ["relay-up", "relay-down", "relay-beside-bulk"] },
        HAProxy("haproxy-nolog", log: false),
        Varnish("malloc,256m") with { OnDisk = Varnish("file,@STORE@/storage,256m") },
        Squid(SquidInMemory, ["squid", "--foreground", "-f", "@DIR@/squid.conf"]) with
        {
            OnDisk = Squid(SquidOnDisk, ["sh", "-c", "squid -z --foreground -f @DIR@/squid.conf && exec squid --foreground -f @DIR@/squid.conf"]),
        },
        TrafficServer(ramBytes: 256 << 20) with { OnDisk = TrafficServer(ramBytes: 0) },
        new("tinyproxy")
        {
            Commands = [["tinyproxy", "-d", "-c", "@DIR@/tinyproxy.conf"]],
            Files = ["tinyproxy.conf"],
            Forms = [Form.Forward],
            Caches = false,
            ClosesUnsaid = true,
            MostClients = 2_000,
            Version = ["tinyproxy", "-v"],
        },
    ];

    /// <summary>Sluice on its configuration, or without a part of it, which shows what that part costs.</summary>
    private static Peer Variant(string sluice, string name, string cache = "256MiB", bool list = true, bool log = true) => new(name)
    {
        Commands = [[sluice, "run", "-c", "@DIR@/sluice.yaml"]],
        Files = ["sluice.yaml"],
        Forms = [Form.Reverse, Form.Forward, Form.Tcp],
        Caches = cache != "0",
        Logs = log ? ["access.log"] : [],
        ReadsList = list,
        OutOfContest = name != Sluice,
        Version = [sluice, "--version"],
        Values = new Dictionary<string, string>
        {
            ["RULES"] = list ? """[{ id: list, deny: true, hosts: { file: "@DIR@/blocked.txt" } }]""" : "[]",
            ["CACHE"] = cache,
            ["LOG"] = log ? """{ format: json, to: "@DIR@/access.log" }""" : "off",
        },
    };

    /// <summary>Its cache is files in any case; on tmpfs they are memory.</summary>
    private static Peer Nginx { get; } = new("nginx")
    {
        Commands = [["nginx", "-p", "@DIR@", "-e", "@DIR@/error.log", "-c", "@DIR@/nginx.conf"]],
        Files = ["nginx.conf"],
        Forms = [Form.Reverse, Form.Tcp],
        Logs = ["access.log", "stream.log"],
        Version = ["nginx", "-v"],
    };

    private static Peer Varnish(string storage) => new("varnish")
    {
        Commands =
        [
            ["varnishd", "-F", "-n", "@DIR@/work", "-a", "127.0.0.1:@REVERSE@", "-f", "@DIR@/varnish.vcl", "-s", storage, "-p", "timeout_idle=3600"],
            ["varnishncsa", "-n", "@DIR@/work", "-t", "30", "-w", "@DIR@/access.log"],
        ],
        Files = ["varnish.vcl"],
        Forms = [Form.Reverse],
        Version = ["varnishd", "-V"],
    };

    private static Peer Squid(string cache, IReadOnlyList<string> command) => new("squid")
    {
        Commands = [command],
        Files = ["squid.conf"],
        Forms = [Form.Reverse, Form.Forward],
        Values = new Dictionary<string, string> { ["CACHE"] = cache },
        Version = ["squid", "-v"],
    };

    /// <summary>What is on disk is found through its own directory in any case; beside it may be copies in memory.</summary>
    private static Peer TrafficServer(int ramBytes) => new("trafficserver")
    {
        Commands = [["traffic_server", "--run-root=@DIR@/trafficserver/runroot.yaml"]],
        Files = [.. from file in (string[])["runroot.yaml", "records.config", "remap.config", "storage.config", "logging.yaml", "ip_allow.yaml", "plugin.config"]
                    select $"trafficserver/{file}"],
        Folders = ["trafficserver", "run", "log", "share"],
        Forms = [Form.Reverse, Form.Forward],
        Logs = ["log/access.log"],
        Values = new Dictionary<string, string> { ["RAM"] = $"{ramBytes}" },
        Version = ["traffic_server", "-V"],
    };

    private static Peer HAProxy(string name, string splice = "option splice-auto", bool log = true)
    {
        IReadOnlyList<string> syslog = ["@SELF@", SyslogSink.Command, "@DIR@/log.sock", "@DIR@/access.log"];
        IReadOnlyList<string> haproxy = ["haproxy", "-db", "-f", "@DIR@/haproxy.cfg"];
        return new(name)
        {
            Commands = log ? [syslog, haproxy] : [haproxy],
            Files = ["haproxy.cfg"],
            Forms = [Form.Reverse, Form.Tcp],
            Logs = log ? ["access.log"] : [],
            OutOfContest = !log,
            Version = ["haproxy", "-v"],
            Values = new Dictionary<string, string> { ["LOG"] = log ? "log @DIR@/log.sock len 2048 local0 info" : "", ["SPLICE"] = splice },
        };
    }
}
