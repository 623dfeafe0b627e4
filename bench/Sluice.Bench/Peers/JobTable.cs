namespace Sluice.Bench.Peers;

internal static class JobTable
{
    private static readonly (string Size, string Title, int Count)[] Bodies = [("1k", "1 KiB", 2_000), ("64k", "64 KiB", 500), ("1m", "1 MiB", 50)];

    public static IReadOnlyList<Job> All { get; } =
    [
        .. from form in (Form[])[Form.Reverse, Form.Forward]
           from body in Bodies
           select new WebJob("hit", body.Size, body.Count, form, $"cache hit {body.Title}, {form.ToString().ToLowerInvariant()} form"),
        .. from form in (Form[])[Form.Reverse, Form.Forward]
           from body in Bodies
           select new WebJob("fetch", body.Size, body.Count, form, $"forward {body.Title}, not stored, {form.ToString().ToLowerInvariant()} form"),
        .. from body in Bodies
           select new WebJob("hit", body.Size, body.Count, Form.Reverse, $"cache hit {body.Title} from disk, reverse form", FromDisk: true),
        new LatencyJob(new WebJob("hit", "1k", 2_000, Form.Reverse, "cache hit 1 KiB, reverse form, at a constant rate", Hosts: 1)),
        new LatencyJob(new WebJob("fetch", "1k", 2_000, Form.Reverse, "forward 1 KiB, not stored, reverse form, at a constant rate", Hosts: 1)),
        new RelayJob("relay-kept", "relay, request and answer, kept connections", 64, Kept: true),
        new RelayJob("relay-new", "relay, a new connection each", 64, Kept: false),
        new BulkJob("relay-up", "relay bulk, up", Form.Tcp, Up: true),
        new BulkJob("relay-down", "relay bulk, down", Form.Tcp, Up: false),
        new BesideBulkJob("relay-beside-bulk", "a small request beside 4 bulk relays"),
        new BulkJob("connect-down", "CONNECT bulk, down", Form.Forward, Up: false),
        new BulkJob("connect-up", "CONNECT bulk, up", Form.Forward, Up: true),
        new ConnectJob("connect-new", "CONNECT set-up, one request, close"),
        new IdleJob("idle-relay", "idle relays", Form.Tcp, 8_000),
        new IdleJob("idle-http", "idle HTTP connections", Form.Reverse, 10_000),
        new IdleJob("idle-connect", "idle CONNECT tunnels", Form.Forward, 8_000),
    ];
}
