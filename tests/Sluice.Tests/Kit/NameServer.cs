using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>A record of an answer; the data as on the wire (RFC 1035 s.3.2.1).</summary>
public sealed record DnsRecord(string Owner, ushort Type, int Ttl, byte[] Data)
{
    public const ushort A = 1, Alias = 5, Soa = 6, Aaaa = 28;

    public static DnsRecord Address(string owner, int ttl, string address)
    {
        var data = IPAddress.Parse(address).GetAddressBytes();
        return new(owner, data.Length == 4 ? A : Aaaa, ttl, data);
    }

    public static DnsRecord To(string owner, int ttl, string canonical) => new(owner, Alias, ttl, NameServer.Encode(canonical));
}

/// <summary>What the server says to one question.</summary>
public sealed record DnsReply(params DnsRecord[] Answers)
{
    public int Code { get; init; }

    /// <summary>The SOA of the zone: its TTL and minimum.</summary>
    public (int Ttl, int Minimum)? Zone { get; init; }

    public bool IsSilent { get; init; }

    public bool IsTruncated { get; init; }

    public static DnsReply NoName(int ttl) => new() { Code = 3, Zone = (ttl, ttl) };

    public static DnsReply Failure => new() { Code = 2 };

    public static DnsReply Silence => new() { IsSilent = true };
}

/// <summary>A question that came.</summary>
public sealed record DnsQuestionSeen(string Name, ushort Type, bool OverTcp);

/// <summary>A name server on loopback, UDP and TCP, whose answers are the test's script.</summary>
public sealed class NameServer : IAsyncDisposable
{
    private readonly UdpClient _udp;
    private readonly TcpListener _tcp;
    private readonly ConcurrentQueue<DnsQuestionSeen> _questions = new();

    public NameServer()
    {
        (_tcp, _udp) = Bound();
        Port = ((IPEndPoint)_tcp.LocalEndpoint).Port;
        _ = ServeUdpAsync();
        _ = ServeTcpAsync();
    }

    public int Port { get; }

    /// <summary>Answers a name (without the dot at its end) and a type. Addresses of the other type are left out by themselves.</summary>
    public Func<DnsQuestionSeen, DnsReply> Script { get; set; } = _ => DnsReply.NoName(60);

    public IReadOnlyList<DnsQuestionSeen> Questions => [.. _questions];

    public ValueTask DisposeAsync()
    {
        _udp.Dispose();
        _tcp.Dispose();
        return default;
    }

    internal static byte[] Encode(string name)
    {
        var bytes = new List<byte>();
        foreach (var label in name.TrimEnd('.').Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }
        return [.. bytes, 0];
    }

    /// <summary>A port that is free for TCP may be another's for UDP.</summary>
    private static (TcpListener Tcp, UdpClient Udp) Bound()
    {
        for (var tries = 1; ; tries++)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            try
            {
                return (tcp, new UdpClient((IPEndPoint)tcp.LocalEndpoint));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && tries < 10)
            {
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _udp.ReceiveAsync();
                // A script may wait: not on the thread that receives for others, too.
                if (await Task.Run(() => Answer(asked.Buffer, overTcp: false)) is { } reply)
                    await _udp.SendAsync(reply, asked.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _tcp.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    /// <summary>Clients ask again on a connection that they have (RFC 7766 s.6.2.1): it stays until they close it.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            while (true)
            {
                var length = new byte[2];
                await stream.ReadExactlyAsync(length);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query);
                if (Answer(query, overTcp: true) is not { } reply)
                    continue;
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync((byte[])[.. length, .. reply]);
            }
        }
        catch (IOException)
        {
            // The client has closed.
        }
    }

    // RFC 1035 s.4.1
    private byte[]? Answer(byte[] query, bool overTcp)
    {
        var labels = new List<string>();
        var at = 12;
        for (; query[at] != 0; at += query[at] + 1)
            labels.Add(Encoding.ASCII.GetString(query, at + 1, query[at]));
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at + 1));
        var question = new DnsQuestionSeen(string.Join('.', labels), type, overTcp);
        _questions.Enqueue(question);
        var reply = Script(question);
        if (reply.IsSilent)
            return null;
        var truncated = reply.IsTruncated && !overTcp;
        var answers = truncated ? [] : reply.Answers.Where(record => record.Type == type || record.Type == DnsRecord.Alias).ToList();
        byte[] flags = [(byte)(truncated ? 0x83 : 0x81), (byte)(0x80 | reply.Code)];
        byte[] counts = [0, 1, 0, (byte)answers.Count, 0, (byte)(reply.Zone is null ? 0 : 1), 0, 0];
        return
        [
            query[0], query[1], .. flags, .. counts, .. query[12..(at + 5)], .. answers.SelectMany(Wire),
            .. reply.Zone is { } zone ? Wire(new DnsRecord("zone.test", DnsRecord.Soa, zone.Ttl, [0, 0, .. new byte[16], .. Number(zone.Minimum)])) : [],
        ];
    }

    private static byte[] Wire(DnsRecord record) =>
        [.. Encode(record.Owner), 0, (byte)record.Type, 0, 1, .. Number(record.Ttl), (byte)(record.Data.Length >> 8), (byte)record.Data.Length, .. record.Data];

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
