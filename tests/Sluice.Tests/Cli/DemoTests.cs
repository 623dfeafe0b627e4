using System.Security.Cryptography;
using System.Text;
using Sluice.Cli.Demo;
using Spectre.Console;

namespace Sluice.Tests.Cli;

public class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Document Text = Document.Text();

    [Fact]
    public async Task FewRequests_AllAreCountedAndNothingIsWrong()
    {
        using var written = new StringWriter();
        var report = await DemoRun.RunAsync(50, ConsoleTo(written), TimeProvider.System, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Empty(report.Jobs.SelectMany(job => job.FirstMistakes));
        Assert.Equal(0, report.Mistakes);
        Assert.Equal([50, 50, 100, 24, 3, 3, 1, 9], report.Jobs.Select(job => job.Count));
        var lines = written.ToString().Split('\n');
        Assert.Equal(9, lines.Count(line => line.Contains("  127.0.0.1  ", StringComparison.Ordinal)));
        Assert.Contains("mistakes: 0", lines);
        Assert.DoesNotContain('\x1b', written.ToString());
    }

    [Fact]
    public async Task EntryOfTheCommand_ExitsWithZero() =>
        Assert.Equal(0, await DemoRun.RunAsync(1, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken));

    [Fact]
    public async Task Cancelled_ExitsAsStopped()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Assert.Equal(130, await DemoRun.RunAsync(5_000_000, stop.Token).WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("a Bc1,\n", "A BC1,\n", -1)]
    [InlineData("a Bc1,\n", "a BC1,\n", 0)] // not capitalized
    [InlineData("a Bc1,\n", "A BX1,\n", 3)] // another letter
    [InlineData("a Bc1,\n", "A BC1,", 6)]   // too short
    [InlineData("ab", "ABC", 2)]            // too long
    public void Answer_DiffersFirstWhereItIsWrong(string text, string answer, int at) =>
        Assert.Equal(at, Texts.FirstWrongByte(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(answer)));

    [Fact]
    public void Texts_DifferByClientAndRequest()
    {
        var buffer = new byte[Texts.MaxLength];
        var seen = new HashSet<string>();
        for (var client = 1; client <= 2; client++)
        {
            var texts = new Texts(client);
            for (var request = 0; request < 10_000; request++)
                Assert.True(seen.Add(Encoding.ASCII.GetString(buffer, 0, texts.Write(request, buffer))));
        }
        Assert.Equal(20_000, seen.Count);
    }

    [Fact]
    public async Task ServerThatDoesNotCapitalize_IsAMistakeForEachRequest()
    {
        await using var echo = new LocalServer(async socket =>
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                await socket.SendAsync(buffer.AsMemory(0, count));
        });
        echo.Start();
        var (report, job) = Begin();
        await new TextClient(1, 20, TimeProvider.System)
            .RunAsync(echo.EndPoint, job, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(20, job.Mistakes);
        using var written = new StringWriter();
        report.Write(ConsoleTo(written));
        Assert.Contains("wrong: test: client 1, request 0: byte 0 of 'client 1, request 0:", written.ToString(), StringComparison.Ordinal);
        Assert.Contains("and 10 more", written.ToString(), StringComparison.Ordinal);
        Assert.Contains("mistakes: 20\n", written.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatHangsUp_IsAMistake()
    {
        await using var server = new LocalServer(socket => socket.ReceiveAsync(new byte[1]));
        server.Start();
        var (_, job) = Begin();
        var client = new TextClient(1, 20, TimeProvider.System);
        await client.RunAsync(server.EndPoint, job, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(1, job.Mistakes);
        Assert.Equal(0, client.Done);
    }

    [Fact]
    public void GoodAnswer_IsNoMistake()
    {
        Assert.Empty(HttpTrial.Mistakes(Answer("sluice; fwd=uri-miss; fwd-status=200; stored"), Text, hit: false, asked: 1));
        Assert.Empty(HttpTrial.Mistakes(Answer("sluice; hit; ttl=3599"), Text, hit: true, asked: 1));
    }

    [Fact]
    public void WrongAnswer_IsNamed()
    {
        var good = Answer("sluice; hit; ttl=3599");
        Assert.Equal(["status 502"], HttpTrial.Mistakes(good with { Status = 502 }, Text, true, 1));
        Assert.Equal(["other bytes than the origin's"], HttpTrial.Mistakes(good with { Sha256 = SHA256.HashData("x"u8) }, Text, true, 1));
        Assert.Equal([$"1 bytes, not {Text.Content.Length}"], HttpTrial.Mistakes(good with { Length = 1 }, Text, true, 1));
        Assert.Equal(["content type 'text/html', not 'text/plain'"], HttpTrial.Mistakes(good with { ContentType = "text/html" }, Text, true, 1));
        Assert.Equal(["no miss: Cache-Status is 'sluice; hit; ttl=3599'"], HttpTrial.Mistakes(good, Text, false, 1));
        Assert.Equal(["no hit: Cache-Status is ''"], HttpTrial.Mistakes(good with { CacheStatus = "" }, Text, true, 1));
        Assert.Equal(["the origin was asked 2 times"], HttpTrial.Mistakes(good, Text, true, 2));
    }

    [Theory]
    [InlineData("2026-11-23 21:49:14  127.0.0.1        200  HIT          1.2 KiB    12 ms  GET http://a/b", 0)]
    [InlineData("", 2)]                                                                                          // none, and one for nothing
    [InlineData("                     127.0.0.1        200  HIT          1.2 KiB    12 ms  GET http://a/b", 2)] // no date
    [InlineData("2026-11-23 21:49:14  127.0.0.1        200  MISS         1.2 KiB    12 ms  GET http://a/b", 2)]
    [InlineData("2026-11-23 21:49:14  127.0.0.1        200  HIT          2.2 KiB    12 ms  GET http://a/b", 2)] // another size
    [InlineData("2026-11-23 21:49:14  127.0.0.1        200  HIT          1.2 KiB    12 ms  GET http://a/c", 2)]
    public void LogLine_MustSayWhatWasDone(string line, int mistakes) =>
        Assert.Equal(mistakes, LogCheck.Mistakes([line], [new ExpectedLine("HIT", 200, 1200, "GET http://a/b")]).Count());

    [Fact]
    public void MissingOrSurplusLogLine_IsNamed()
    {
        const string line = "2026-11-23 21:49:14  127.0.0.1          -  RELAY         800 B    12 ms  to 127.0.0.1:1";
        var relay = new ExpectedLine("RELAY", 0, 800, "to 127.0.0.1:1");
        Assert.Empty(LogCheck.Mistakes([line, line], [relay, relay]));
        Assert.Equal(["no line for RELAY 0 800 bytes to 127.0.0.1:1"], LogCheck.Mistakes([line], [relay, relay]));
        Assert.Equal([$"a line for nothing that was done: {line}"], LogCheck.Mistakes([line, line], [relay]));
    }

    private static Fetched Answer(string cacheStatus) =>
        new(200, cacheStatus, Text.ContentType, Text.Content.Length, Text.Sha256, TimeSpan.Zero);

    private static (DemoReport Report, DemoJob Job) Begin()
    {
        var report = new DemoReport();
        return (report, report.Begin("test"));
    }

    private static IAnsiConsole ConsoleTo(StringWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });
}
