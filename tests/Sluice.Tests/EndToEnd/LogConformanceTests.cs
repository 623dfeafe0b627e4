using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;
using Sluice.Records.Formats;
using Sluice.Tests.Kit;
using Sluice.Tests.Records;

namespace Sluice.Tests.EndToEnd;

/// <summary>What real programs read in the access logs of hostile clients: one line for each exchange, and none forged.</summary>
public sealed partial class LogConformanceTests
{
    [Fact]
    public async Task Jq_ReadsEachLineOfJsonAndItsOctets()
    {
        using var traffic = await HostileTraffic.RunAsync();
        var lines = (await RealClients.RunAsync("jq", ["-c", ".", traffic.Json])).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(traffic.Count, lines.Length);
        Assert.Equal(traffic.Count, (await File.ReadAllTextAsync(traffic.Json, TestContext.Current.CancellationToken)).Count(c => c == '\n'));
        var records = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(traffic.Count, records.Select(record => record.GetProperty("number").GetInt64()).Distinct().Count());
        var agents = Values("user_agent_original", record => record.TryGetProperty("http_response_status_code", out var status) && status.GetInt32() == 200);
        Assert.Equal(traffic.Arrived.Order(StringComparer.Ordinal), agents.Order(StringComparer.Ordinal));
        Assert.True(agents.Count >= 12);
        Assert.Contains(new string('\u00e9', 7000), Values("http_request_header_x_hostile", _ => true));
        Assert.Contains("\u00ff\"\\", Values("http_response_header_x_echo", _ => true));
        Assert.Equal(HostileTraffic.User, Assert.Single(Values("user_name", _ => true)));

        List<string> Values(string key, Func<JsonElement, bool> where) =>
            [.. records.Where(where).Select(record => record.TryGetProperty(key, out var value) ? value.GetString() : null).OfType<string>()];
    }

    [Fact]
    public async Task Goaccess_CountsEachLineOfCombined()
    {
        using var traffic = await HostileTraffic.RunAsync();
        using var folder = new TempFolder();
        (await RealClients.RunAsync("goaccess", [traffic.Combined, "--log-format=COMBINED", "--no-global-config", "-o", folder.File("report.json")])).Succeeded();
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("report.json"), TestContext.Current.CancellationToken));
        var general = report.RootElement.GetProperty("general");
        Assert.Equal((traffic.Count, traffic.Count, 0), (general.GetProperty("total_requests").GetInt32(), general.GetProperty("valid_requests").GetInt32(), general.GetProperty("failed_requests").GetInt32()));
        // The one client there is, under its many user agents: no other address was forged.
        Assert.Equal(["127.0.0.1"], report.RootElement.GetProperty("hosts").GetProperty("data").EnumerateArray().Select(host => host.GetProperty("data").GetString()));
    }

    [Fact]
    public async Task Calamaris_CountsEachLineOfSquids()
    {
        using var traffic = await HostileTraffic.RunAsync();
        var report = (await RealClients.RunAsync("sh", ["-c", $"calamaris -a < {traffic.Squid}"])).Output;
        Assert.SkipWhen(RealClients.Find("calamaris") is null, "needs calamaris, which ./test installs");
        Assert.Equal((traffic.Count, 0, traffic.Count), (Figure("lines parsed"), Figure("invalid lines"), Figure("Total amount")));
        Assert.Equal(1, Figure("unique hosts/users"));

        int Figure(string name) => int.Parse(Regex.Match(report, $@"^{name}: +[a-z]+ +([0-9]+)", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Of three exchanges and a remark that two more were dropped.</summary>
    [Fact]
    public async Task RemarksOnDroppedRecords_AreNoExchangesToThem()
    {
        using var folder = new TempFolder();
        await WriteAsync(LogFormat.Combined);
        await WriteAsync(LogFormat.Squid);
        (await RealClients.RunAsync("goaccess", [folder.File("Combined"), "--log-format=COMBINED", "--no-global-config", "-o", folder.File("report.json")])).Succeeded();
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("report.json"), TestContext.Current.CancellationToken));
        Assert.Equal((3, 0), (report.RootElement.GetProperty("general").GetProperty("valid_requests").GetInt32(), report.RootElement.GetProperty("general").GetProperty("failed_requests").GetInt32()));
        Assert.SkipWhen(RealClients.Find("calamaris") is null, "needs calamaris, which ./test installs");
        var text = (await RealClients.RunAsync("sh", ["-c", $"calamaris -a < {folder.File("Squid")}"])).Output;
        Assert.Matches("Total amount: +requests +3 ", text);
        Assert.Matches("invalid lines: +lines +1 ", text);

        Task WriteAsync(LogFormat format)
        {
            var buffer = new LineBuffer(1024);
            for (var i = 0; i < 3; i++)
                Sample.Format(format).Write(Sample.Miss(), buffer);
            Sample.Format(format).WriteDropped(2, Sample.Miss().Time, buffer);
            return File.WriteAllBytesAsync(folder.File($"{format}"), buffer.Written.ToArray(), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Logrotate_LosesNoLineAndTearsNone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("rotate.conf"), $"{folder.File("access.log")} {{\n  su root root\n  rotate 50\n  create 0640\n  postrotate\n    touch {folder.File("rotated")}\n  endscript\n}}\n", TestContext.Current.CancellationToken);
        Assert.SkipWhen(RealClients.Find("logrotate") is null || Environment.UserName != "root", "needs root and logrotate, which ./test installs");
        const int count = 20_000;
        await using (var log = new AccessLog(new LogOptions { Access = [new LogOutputOptions { Format = LogFormat.Squid, File = folder.File("access.log") }] }, TimeProvider.System, NullLogger.Instance))
        {
            for (var i = 0; i < count; i++)
            {
                log.Write(Sample.Miss());
                if (i % (count / 4) != 1)
                    continue;
                while (!File.Exists(folder.File("access.log")))
                    await Task.Delay(1, TestContext.Current.CancellationToken);
                (await RealClients.RunAsync("logrotate", ["--force", "--state", folder.File("state"), folder.File("rotate.conf")])).Succeeded();
                Assert.True(File.Exists(folder.File("rotated")));
                // What SIGHUP does.
                log.Reopen();
            }
        }
        var files = Directory.GetFiles(folder.Path, "access.log*");
        Assert.Equal(5, files.Length);
        Assert.Equal(Enumerable.Repeat(Sample.Format(LogFormat.Squid).Line(Sample.Miss()), count), files.SelectMany(File.ReadLines));
    }

    [Fact]
    public async Task People_ReadOneLineForEachExchange()
    {
        using var traffic = await HostileTraffic.RunAsync();
        var lines = (await File.ReadAllTextAsync(traffic.Readable, TestContext.Current.CancellationToken)).Split('\n');
        Assert.Equal(("", traffic.Count), (lines[^1], lines.Length - 1));
        Assert.All(lines[..^1], line => Assert.Matches(Line(), line));
    }

    [Fact]
    public async Task SyslogServers_GetAMessageForEachExchange()
    {
        using var traffic = await HostileTraffic.RunAsync();
        foreach (var server in (SyslogServer[])[traffic.Udp, traffic.Tcp])
        {
            // Datagrams may be lost, and their numbers say so.
            var messages = server == traffic.Udp ? server.Messages : await server.MessagesAsync(traffic.Count);
            Assert.Equal(messages.Count, messages.Select(message => message.Sequence).Distinct().Count());
            Assert.All(messages, message => Assert.InRange(message.Sequence, 1, traffic.Count));
            Assert.Equal(messages.Select(message => message.Number), messages.Select(message => JsonDocument.Parse(message.Text).RootElement.GetProperty("number").GetInt64()));
            Assert.Equal(0, server.Torn);
        }
    }

    // Date, client, status, word, size, duration, request: printable ASCII alone.
    [GeneratedRegex("""^[0-9-]{10} [0-9:]{8}  (\S+@)?127\.0\.0\.1 +([0-9]{3}|-)  (MISS|BYPASS|DENIED|RELAY|TUNNEL|-) +[0-9.]+ \w?i?B +[0-9.]+ m?s  [ -~]+$""")]
    private static partial Regex Line();
}
