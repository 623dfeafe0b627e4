namespace Sluice.Bench.Peers;

/// <summary>Everybody who takes part. Their configurations stand in bench/peers, the reasons in bench/README.md.</summary>
internal static class PeerTable
{
    public const string Sluice = "sluice";

    public static IReadOnlyList<Peer> All(string sluice) =>
    [
        new(Sluice)
        {
            Commands = [[sluice, "run", "-c", "@DIR@/sluice.yaml"]],
            Files = ["sluice.yaml"],
            Forms = [Form.Reverse, Form.Forward, Form.Tcp],
            Version = [sluice, "--version"],
        },
        new("nginx")
        {
            Commands = [["nginx", "-p", "@DIR@", "-e", "@DIR@/error.log", "-c", "@DIR@/nginx.conf"]],
            Files = ["nginx.conf"],
            Folders = ["cache"],
            Forms = [Form.Reverse, Form.Tcp],
            Logs = ["access.log", "stream.log"],
            Version = ["nginx", "-v"],
        },
        new("haproxy")
        {
            Commands = [["@SELF@", SyslogSink.Command, "@DIR@/log.sock", "@DIR@/access.log"], ["haproxy", "-db", "-f", "@DIR@/haproxy.cfg"]],
            Files = ["haproxy.cfg"],
            Forms = [Form.Reverse, Form.Tcp],
            Version = ["haproxy", "-v"],
            Values = new Dictionary<string, string> { ["LOG"] = "log @DIR@/log.sock len 2048 local0 info" },
        },
        new("haproxy-nolog")
        {
            Commands = [["haproxy", "-db", "-f", "@DIR@/haproxy.cfg"]],
            Files = ["haproxy.cfg"],
            Forms = [Form.Reverse, Form.Tcp],
            OutOfContest = true,
            Logs = [],
            Version = ["haproxy", "-v"],
            Values = new Dictionary<string, string> { ["LOG"] = "" },
        },
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
            Version = ["tinyproxy", "-v"],
        },
    ];
}
