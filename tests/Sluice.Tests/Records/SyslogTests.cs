using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Net;
using Sluice.Records;
using Sluice.Records.Formats;
using Sluice.Records.Syslog;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records;

/// <summary>Messages of RFC 5424, as servers receive them.</summary>
public class SyslogTests
{
    [Theory]
    [InlineData("miss", "http", "2026-01-02T03:04:05.690Z")]
    [InlineData("tunnel", "connect", "2026-01-02T03:05:20.678Z")]
    [InlineData("relay", "relay", "2026-01-02T03:04:15.678Z")]
    public async Task ARecord_IsAMessageInEveryFormat(string kind, string id, string time)
    {
        using var server = SyslogServer.Udp();
        var formats = Enum.GetValues<LogFormat>();
        foreach (var format in formats)
            await WriteAsync(new SyslogOptions { Host = new HostPort("127.0.0.1", server.Port), Facility = SyslogFacility.Local3, AppName = "gate" }, format, [Sample.Of(kind)]);
        foreach (var (message, format) in (await server.MessagesAsync(formats.Length)).Zip(formats))
        {
            Assert.Equal((19, 6, "gate", id), (message.Facility, message.Severity, message.App, message.Id));
            Assert.Equal(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), message.Time);
            Assert.Equal($"{Environment.ProcessId}", message.Process);
            Assert.Equal((1, Sample.Of(kind).Number), (message.Sequence, message.Number));
            Assert.Equal(format == LogFormat.Readable ? Local(Sample.Of(kind)) : Sample.Format(format).Line(Sample.Of(kind)), message.Text);
        }

        static string Local(ExchangeRecord record) => new ReadableFormat(TimeZoneInfo.Local).Line(record);
    }

    [Theory]
    [InlineData("udp", 2048)]
    [InlineData("tcp", 8192)]
    [InlineData("unix", 8192)]
    public async Task HostileAndLongRecords_AreBoundedMessagesThatCanBeRead(string transport, int longest)
    {
        using var folder = new TempFolder();
        using var server = transport == "udp" ? SyslogServer.Udp() : transport == "tcp" ? SyslogServer.Tcp() : SyslogServer.Unix(folder.File("log"));
        var options = transport == "unix" ? new SyslogOptions { Path = folder.File("log") } : new SyslogOptions { Host = new HostPort("127.0.0.1", server.Port), OverTcp = transport == "tcp" };
        string[] texts = ["a\r\nb\0\u001b[2J\"\\]", "\u0080\u009f\u00e9\u00ff", "\u2028\U0001F600", new('x', 30_000), new('\u00e9', 30_000), new('"', 30_000), string.Concat(Enumerable.Repeat("\U0001F600", 9_000))];
        await WriteAsync(options, LogFormat.Json, texts.Select(Hostile));
        foreach (var (message, text) in (await server.MessagesAsync(texts.Length)).Zip(texts))
        {
            using var json = JsonDocument.Parse(message.Text);
            var agent = json.RootElement.GetProperty("user_agent_original").GetString()!;
            if (text.Length < 100)
                Assert.Equal(text, agent);
            else
            {
                Assert.StartsWith(agent.Split("...+")[0], text, StringComparison.Ordinal);
                Assert.Equal(text.Length, agent.Split("...+")[0].Length + int.Parse(agent.Split("...+")[1], CultureInfo.InvariantCulture));
            }
        }
        Assert.All(server.Lengths, length => Assert.InRange(length, 1, longest));
        Assert.Equal(Enumerable.Range(1, texts.Length), server.Messages.Select(message => message.Sequence));
    }

    [Fact]
    public async Task DroppedRecords_AreAMessageOfTheirOwn()
    {
        using var server = SyslogServer.Udp();
        foreach (var format in Enum.GetValues<LogFormat>())
        {
            using var output = new SyslogOutput(new SyslogOptions(), Sample.Format(format), new DatagramTransport(new SyslogOptions { Host = new HostPort("127.0.0.1", server.Port) }));
            output.AddDropped(3, Sample.Miss().Time);
            output.WriteOut();
        }
        Assert.All(await server.MessagesAsync(4), message =>
        {
            Assert.Equal(("dropped", 4, "3"), (message.Id, message.Severity, message.Data["sluice@32473 dropped"]));
            Assert.Contains("3", message.Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task AServerThatGoesAwayAndComesBack_GetsEveryRecordOnce()
    {
        const int rounds = 5;
        const int each = 400;
        var server = SyslogServer.Tcp();
        var (port, servers) = (server.Port, new List<SyslogServer> { server });
        var log = new AccessLog(To(new SyslogOptions { Host = new HostPort("127.0.0.1", port), OverTcp = true }, LogFormat.Squid), TimeProvider.System, NullLogger.Instance);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < each; i++)
                log.Write(Numbered(round * each + i));
            await server.MessagesAsync(1);
            server.GoAway();
            // What comes while nobody listens waits.
            log.Write(Numbered(rounds * each + round));
            servers.Add(server = SyslogServer.Tcp(port));
        }
        await log.DisposeAsync();
        await server.MessagesAsync(1);
        Assert.Equal(0, log.Dropped);
        Assert.Equal(Enumerable.Range(0, rounds * each + rounds), await AllAsync(servers, rounds * each + rounds));
        Assert.Equal(0, servers.Sum(s => s.Torn));
        servers.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task AConnectionThatBreaksWithinABatch_IsFollowedByOneThatSendsTheRest()
    {
        const int count = 300;
        var (reads, time) = (new TaskCompletionSource(), new ManualTime());
        using var server = SyslogServer.Tcp(reads: reads.Task, receiveBuffer: 4096);
        var options = new SyslogOptions { Host = new HostPort("127.0.0.1", server.Port), OverTcp = true };
        using var output = new SyslogOutput(options, Sample.Format(LogFormat.Squid), new TcpTransport(options, time));
        for (var i = 0; i < count; i++)
            output.Add(Numbered(i));
        var failing = Task.Run(() => Assert.Throws<IOException>(output.WriteOut), TestContext.Current.CancellationToken);
        while (!failing.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            // The server's kernel acknowledges up to 40 ms later what nobody reads.
            await Task.Delay(40, TestContext.Current.CancellationToken);
        }
        await failing;
        reads.SetResult();
        output.WriteOut();
        // Those of which the last octets were not acknowledged yet may come twice: so many messages are not all of them yet.
        IReadOnlyList<long> numbers = [];
        for (var come = count; numbers.Distinct().Count() < count; come = numbers.Count + 1)
            numbers = [.. (await server.MessagesAsync(come)).Select(message => message.Number)];
        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), numbers.Distinct().Order());
        Assert.InRange(numbers.Count, count, count + count / 10);
        Assert.InRange(server.Torn, 0, 1);
    }

    private static async Task<IReadOnlyList<int>> AllAsync(List<SyslogServer> servers, int count)
    {
        using var limit = new CancellationTokenSource(Waiting.Limit);
        while (servers.Sum(server => server.Messages.Count) < count)
            await Task.Delay(1, limit.Token);
        return [.. servers.SelectMany(server => server.Messages).Select(message => (int)message.Number).Order()];
    }

    private static async Task WriteAsync(SyslogOptions to, LogFormat format, IEnumerable<ExchangeRecord> records)
    {
        await using var log = new AccessLog(To(to, format), TimeProvider.System, NullLogger.Instance);
        foreach (var record in records)
            log.Write(record);
    }

    private static LogOptions To(SyslogOptions to, LogFormat format) => new() { Access = [new LogOutputOptions { Format = format, Syslog = to }] };

    private static ExchangeRecord Numbered(int number)
    {
        var record = Sample.Miss();
        record.Number = number;
        return record;
    }

    private static ExchangeRecord Hostile(string text)
    {
        var record = Sample.Miss();
        (record.UserAgent, record.User, record.Url, record.Referer) = (text, text, "http://h.test/" + text, text);
        return record;
    }
}
