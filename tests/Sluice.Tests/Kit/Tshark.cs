using System.Globalization;

namespace Sluice.Tests.Kit;

/// <summary>A packet as tshark sees it.</summary>
/// <param name="Ends">Its addresses and ports: <c>127.0.0.1:80 ::1:90</c>.</param>
/// <param name="Flags">Of TCP.</param>
/// <param name="Faults">Bad checksums, malformed octets, what TCP's analysis finds, and all that is worth a note or more.</param>
public sealed record SeenPacket(int Stream, string From, string To, int Flags, double Time, string Comment, IReadOnlyList<string> Faults, IReadOnlyDictionary<string, string> Fields);

/// <summary>What both sides of a stream said, put together by tshark.</summary>
public sealed record SeenStream(string Client, string Server, byte[] FromClient, byte[] FromServer);

/// <summary>A capture as tshark reads it, with all checks on.</summary>
public sealed class Tshark
{
    private static readonly string[] Fields =
    [
        "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.flags", "frame.time_epoch", "frame.comment", "ip.checksum.status", "tcp.checksum.status",
        "_ws.malformed", "tcp.analysis.flags", "_ws.expert.severity", "_ws.expert.message",
    ];

    private const long Note = 0x00400000;

    private Tshark(IReadOnlyList<SeenPacket> packets, IReadOnlyList<SeenStream> streams) => (Packets, Streams) = (packets, streams);

    public IReadOnlyList<SeenPacket> Packets { get; }

    public IReadOnlyList<SeenStream> Streams { get; }

    /// <param name="more">Options and, by their names, fields to show of each packet.</param>
    public static async Task<Tshark> ReadAsync(string file, string[]? options = null, params string[] more)
    {
        string[] checks = ["-r", file, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", .. options ?? []];
        var seen = await RunAsync([.. checks, "-T", "fields", "-E", "separator=\t", "-E", "occurrence=a", "-E", "aggregator=|", .. Fields.Concat(more).SelectMany(field => new[] { "-e", field })]);
        var packets = seen.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => PacketOf(line.Split('\t'), more)).ToList();
        var count = packets.Max(packet => packet.Stream) + 1;
        var followed = await RunAsync([.. checks, "-q", .. Enumerable.Range(0, count).SelectMany(stream => new[] { "-z", $"follow,tcp,raw,{stream}" })]);
        return new Tshark(packets, [.. Enumerable.Range(0, count).Select(stream => StreamOf(followed, stream))]);
    }

    /// <summary>Nothing is to be complained of.</summary>
    /// <param name="allowed">What may be said of packets.</param>
    public Tshark FindsNothing(params string[] allowed)
    {
        Assert.Empty(Packets.Index().SelectMany(packet => packet.Item.Faults.Where(fault => !allowed.Any(fault.Contains)).Select(fault => $"{packet.Index + 1}: {fault}")));
        return this;
    }

    /// <summary>The stream between these ends, of which there is one.</summary>
    /// <param name="client">Null: any.</param>
    public SeenStream Stream(string? client, string? server) => Assert.Single(Streams, stream => (client is null || stream.Client == client) && (server is null || stream.Server == server));

    private static async Task<string> RunAsync(string[] arguments)
    {
        var run = await RealClients.RunAsync("tshark", arguments, environment: new Dictionary<string, string> { ["HOME"] = "/nonexistent", ["LC_ALL"] = "C.UTF-8" });
        return run.Succeeded().Output;
    }

    private static SeenPacket PacketOf(string[] values, string[] more)
    {
        var faults = new List<string>();
        if (values[10].Split('|').Any(status => status is not ("" or "1")))
            faults.Add("bad checksum of IP");
        if (values[11] != "1")
            faults.Add("bad checksum of TCP");
        if (values[12].Length > 0)
            faults.Add("malformed");
        faults.AddRange(values[14].Split('|').Zip(values[15].Split('|'))
            .Where(said => said.First.Length > 0 && long.Parse(said.First, CultureInfo.InvariantCulture) >= Note && !said.Second.EndsWith("the connection closing", StringComparison.Ordinal))
            .Select(said => said.Second));
        if (values[13].Length > 0 && faults.Count == 0)
            faults.Add("tcp.analysis");
        return new SeenPacket(Whole(values[0]), $"{values[1]}{values[2]}:{values[3]}", $"{values[4]}{values[5]}:{values[6]}", Convert.ToInt32(values[7], 16),
            double.Parse(values[8], CultureInfo.InvariantCulture), values[9], faults, more.Zip(values[Fields.Length..]).ToDictionary());
    }

    private static SeenStream StreamOf(string followed, int stream)
    {
        var lines = followed.Split('\n').SkipWhile(line => line != $"Filter: tcp.stream eq {stream}").Skip(1).TakeWhile(line => !line.StartsWith("===", StringComparison.Ordinal)).ToList();
        var (fromClient, fromServer) = (new List<byte>(), new List<byte>());
        foreach (var line in lines.Skip(2))
            (line.StartsWith('\t') ? fromServer : fromClient).AddRange(Convert.FromHexString(line.Trim()));
        return new SeenStream(End(lines[0]), End(lines[1]), [.. fromClient], [.. fromServer]);
    }

    // "Node 0: 127.0.0.1:1234", "Node 0: [::1]:1234" or "Node 0: ::1:1234"
    private static string End(string line) => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim();

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
