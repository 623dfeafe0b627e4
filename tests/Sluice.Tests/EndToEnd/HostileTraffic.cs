using System.Net;
using System.Text;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.EndToEnd;

/// <summary>Clients that send whatever octets a log may be deceived by, through the whole proxy over sockets, and its access logs of them: in every format
/// at once, and to syslog.</summary>
internal sealed class HostileTraffic : IDisposable
{
    public const string User = "an\"na\\ 200 j\u00fcrgen";

    private const string Forged = "10.9.9.9 - - [02/Jan/2026:03:04:05 +0000] \"GET /forged HTTP/1.1\" 200 1 \"-\" \"-\"";

    private readonly TempFolder _folder = new();

    private HostileTraffic(SyslogServer udp, SyslogServer tcp) => (Udp, Tcp) = (udp, tcp);

    public SyslogServer Udp { get; }

    public SyslogServer Tcp { get; }

    /// <summary>How many exchanges there were.</summary>
    public int Count { get; private set; }

    /// <summary>User agents as the origin received them: what a log must give back to the octet.</summary>
    public IReadOnlyList<string> Arrived { get; private set; } = [];

    public string Json => _folder.File("access.json");

    public string Combined => _folder.File("combined.log");

    public string Squid => _folder.File("squid.log");

    public string Readable => _folder.File("readable.log");

    /// <summary>Text of which each char is an octet, and some of it no text at all.</summary>
    private static readonly string[] Octets =
    [
        "plain",
        "\" 200 1 \"-\" \"-\"",
        "\\\" \\x22 \\\\",
        "' %22 %0d%0a%00 %",
        string.Concat(Enumerable.Range(0x80, 0x20).Select(c => (char)c)),
        "\u00c3\u0028 \u00ff\u00fe \u00f0\u0028\u008c\u00bc \u00c0\u00af",
        "\u00e2\u0080\u00a8 \u00e2\u0080\u00a9 \u00e2\u0080\u00ae",
        "\u009b2J \u0085",
        Forged,
        "#" + Forged,
        "- - - {\"dropped\":1}",
        "\t tab \t",
        new string('x', 7000),
        new string('\u00e9', 7000),
        new string('"', 7000),
        // Refused: control characters, and what a reader might take for the end of the line.
        "\u001b[2J\u001b]0;title\u0007",
        "a\nGET /forged HTTP/1.1",
        "a\r" + Forged,
        "a\u007fb\u0001\u0008",
        "a\0b",
    ];

    public static async Task<HostileTraffic> RunAsync()
    {
        var traffic = new HostileTraffic(SyslogServer.Udp(), SyslogServer.Tcp());
        await File.WriteAllTextAsync(traffic._folder.File("htpasswd"), $"{User}:{Passwords.OpenSesame}\n");
        await File.WriteAllTextAsync(traffic._folder.File("sluice.yaml"), $$"""
            users: { file: htpasswd }
            limits: { drain: 1s, connectPorts: [443] }
            logs:
              fields: { request: [X-Hostile], response: [X-Echo] }
              access:
                - { format: json, to: access.json }
                - { format: combined, to: combined.log }
                - { format: squid, to: squid.log }
                - { format: readable, to: readable.log }
                - { format: json, to: "syslog://127.0.0.1:{{traffic.Udp.Port}}" }
                - { format: json, to: "syslog+tcp://127.0.0.1:{{traffic.Tcp.Port}}" }
            listeners:
              - { name: open, kind: forward, bind: 127.0.0.1:0 }
              - { name: known, kind: forward, bind: 127.0.0.1:0, login: true }
              - { name: relay, kind: tcp, bind: 127.0.0.1:0, to: 127.0.0.1:9 }
            """);
        await using var origin = ScriptedOrigin.With("ok", "Content-Type: text/plain; x=\"\\\"", "Cache-Control: no-store", "X-Echo: \u00ff\"\\");
        await using var proxy = await RunningProxy.OfSourceAsync(traffic._folder.File("sluice.yaml"));
        foreach (var octets in Octets)
        {
            var target = new string([.. octets.Where(c => c is not (' ' or '\r' or '\n'))]);
            var request = $"Host: {origin.Authority}\r\nConnection: close\r\n";
            await traffic.AskAsync(proxy.EndPoints[0], $"GET {origin.Url("/agent")} HTTP/1.1\r\n{request}User-Agent: {octets}\r\n\r\n");
            await traffic.AskAsync(proxy.EndPoints[0], $"GET {origin.Url("/fields")} HTTP/1.1\r\n{request}Referer: http://r.test/?{octets}\r\nX-Hostile: {octets}\r\n\r\n");
            await traffic.AskAsync(proxy.EndPoints[0], $"GET {origin.Url("/?" + target)} HTTP/1.1\r\n{request}\r\n");
            await traffic.AskAsync(proxy.EndPoints[0], $"GET http://{target}/ HTTP/1.1\r\n{request}\r\n");
            await traffic.AskAsync(proxy.EndPoints[0], $"{target} / HTTP/1.1\r\n{request}\r\n");
            await traffic.AskAsync(proxy.EndPoints[0], $"CONNECT {target}:25 HTTP/1.1\r\n{request}\r\n");
        }
        var login = $"Proxy-Authorization: {Passwords.Basic(User, "open sesame")}\r\n";
        await traffic.AskAsync(proxy.EndPoints[1], $"GET {origin.Url("/user")} HTTP/1.1\r\nHost: {origin.Authority}\r\n{login}Connection: close\r\n\r\n");
        await traffic.AskAsync(proxy.EndPoints[2], "");
        traffic.Arrived = [.. origin.Requests.Select(request => request.Head["User-Agent"]).OfType<string>()];
        return traffic;
    }

    public void Dispose()
    {
        Udp.Dispose();
        Tcp.Dispose();
        _folder.Dispose();
    }

    /// <summary>One exchange, answered or refused, on a connection of its own.</summary>
    private async Task AskAsync(IPEndPoint proxy, string request)
    {
        Count++;
        try
        {
            await using var client = await RawConnection.OpenAsync(proxy);
            await client.SendAsync(request);
            await client.ReadToEndAsync();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // Refused and closed with octets unread, or a relay to nobody: a reset.
        }
    }
}
