namespace Sluice.Bench.Peers;

/// <summary>Everybody who takes part. Their configurations stand in bench/peers, the reasons in bench/README.md.</summary>
internal static class PeerTable
{
    public const string Sluice = "sluice";

    public static IReadOnlyList<Peer> All(string sluice) =>
    [
        Variant(sluice, Sluice),
        Variant(sluice, "sluice-nolist", list: false),
        Variant(sluice, "sluice-nolog", log: false),
        Variant(sluice, "sluice-nocache", cache: false),
        Variant(sluice, "sluice-bare", list: false, log: false),
        new("nginx")
        {
            Commands = [["nginx", "-p", "@DIR@", "-e", "@DIR@/error.log", "-c", "@DIR@/nginx.conf"]],
            Files = ["nginx.conf"],
            Folders = ["cache"],
            Forms = [Form.Reverse, Form.Tcp],
            Logs = ["access.log", "stream.log"],
            Version = ["nginx", "-v"],
        },
        HAProxy("haproxy"),
        HAProxy("haproxy-splice", "option splice-request\n    option splice-response") with { OnlyJobs = ["relay-up", "relay-down", "relay-beside-bulk"] },
        HAProxy("haproxy-nolog", log: false),
        new("varnish")
        {
            Commands =
            [
                ["varnishd", "-F", "-n", "@DIR@/work", "-a", "127.0.0.1:@REVERSE@", "-f", "@DIR@/varnish.vcl", "-s", "malloc,256m", "-p", "timeout_idle=3600"],
                ["varnishncsa", "-n", "@DIR@/work", "-t", "30", "-w", "@DIR@/access.log"],
            ],
            Files = ["varnish.vcl"],
            Forms = [Form.Reverse],
            Version = ["varnishd", "-V"],
        },
        new("squid")
        {
            Commands = [["squid", "--foreground", "-f", "@DIR@/squid.conf"]],
            Files = ["squid.conf"],
            Forms = [Form.Reverse, Form.Forward],
            Version = ["squid", "-v"],
        },
        new("trafficserver")
        {
            Commands = [["traffic_server", "--run-root=@DIR@/trafficserver/runroot.yaml"]],
            Files = [.. from file in (string[])["runroot.yaml", "records.config", "remap.config", "storage.config", "logging.yaml", "ip_allow.yaml", "plugin.config"]
                        select $"trafficserver/{file}"],
            Folders = ["trafficserver", "run", "log", "cache", "share"],
            Forms = [Form.Reverse, Form.Forward],
            Logs = ["log/access.log"],
            Version = ["traffic_server", "-V"],
        },
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
    private static Peer Variant(string sluice, string name, bool list = true, bool log = true, bool cache = true) => new(name)
    {
        Commands = [[sluice, "run", "-c", "@DIR@/sluice.yaml"]],
        Files = ["sluice.yaml"],
        Forms = [Form.Reverse, Form.Forward, Form.Tcp],
        Caches = cache,
        Logs = log ? ["access.log"] : [],
        ReadsList = list,
        OutOfContest = name != Sluice,
        Version = [sluice, "--version"],
        Values = new Dictionary<string, string>
        {
            ["RULES"] = list ? """[{ id: list, deny: true, hosts: { file: "@DIR@/blocked.txt" } }]""" : "[]",
            ["CACHE"] = cache ? "256MiB" : "0",
            ["LOG"] = log ? """{ format: json, to: "@DIR@/access.log" }""" : "off",
        },
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
