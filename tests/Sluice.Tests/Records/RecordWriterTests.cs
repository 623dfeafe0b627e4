using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;
using Sluice.Records.Output;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records;

public sealed class RecordWriterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("log-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Path1 => Path.Combine(_directory, "access.log");

    [Fact]
    public async Task Records_StandInTheFileInTheirOrder()
    {
        var log = ToFile(Path1);
        for (var i = 0; i < 5000; i++)
            log.Write(Numbered(i));
        await log.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 5000), Numbers(Path1));
        Assert.Equal((5000, 0, 0), (log.Written, log.Dropped, log.Failures));
    }

    [Fact]
    public async Task AnOldFile_IsAppendedTo()
    {
        File.WriteAllText(Path1, $"{Line(1)}\n");
        await using (var log = ToFile(Path1))
            log.Write(Numbered(2));
        Assert.Equal([1, 2], Numbers(Path1));
    }

    [Fact]
    public async Task OneRecord_IsWrittenWithoutAnotherOneAfterIt()
    {
        var output = new Collected();
        await using var log = new RecordWriter(new LineOutput(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        log.Write(Numbered(1));
        await output.WroteAsync();
        log.Write(Numbered(2));
        await output.WroteAsync();
        Assert.Equal(2, output.Lines.Length);
    }

    [Fact]
    public async Task AFile_IsWrittenInBatches()
    {
        var output = new Collected();
        var time = new ManualTime();
        await using var log = new RecordWriter(new LineOutput(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.FromMilliseconds(50), time, NullLogger.Instance);
        for (var i = 0; i < 100; i++)
            log.Write(Numbered(i));
        Assert.Empty(output.Lines);
        await PassAsync(time, output.WroteAsync());
        Assert.Equal(100, output.Lines.Length);
    }

    [Fact]
    public async Task AFullQueue_DropsAndSaysHowMany()
    {
        var output = new Collected();
        output.Open.Reset();
        var log = new RecordWriter(new LineOutput(Sample.Format(LogFormat.Json), output, "test"), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        log.Write(Numbered(0));
        Assert.True(output.Entered.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        for (var i = 0; i < RecordWriter.QueueLength + 5; i++)
            log.Write(Numbered(i));
        Assert.Equal(5, log.Dropped);
        output.Open.Set();
        await log.DisposeAsync();
        Assert.Equal(RecordWriter.QueueLength + 1, log.Written);
        Assert.Contains("\"dropped\":5}", Assert.Single(output.Lines, line => line.Contains("dropped", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AfterAFailure_TheSameLinesAreTriedAgainEachSecond()
    {
        var output = new Collected { Failure = "No space left on device" };
        var time = new ManualTime();
        await using var log = new RecordWriter(new LineOutput(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.Zero, time, NullLogger.Instance);
        log.Write(Numbered(1));
        await output.WroteAsync();
        log.Write(Numbered(2));
        await PassAsync(time, output.WroteAsync());
        Assert.Equal((0, 0), (log.Written, log.Dropped));
        output.Failure = null;
        // Tries that failed before may still be told of.
        while (output.Lines.Length < 2)
            await PassAsync(time, output.WroteAsync());
        Assert.Equal(2, output.Lines.Length);
        Assert.True(log.Failures >= 2);
    }

    [Fact]
    public async Task AFullDisk_LosesLinesAndNothingElse()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full on this system");
        var log = ToFile("/dev/full");
        for (var i = 0; i < 10; i++)
            log.Write(Numbered(i));
        await log.DisposeAsync();
        Assert.Equal((0, 10), (log.Written, log.Dropped));
        Assert.True(log.Failures > 0);
    }

    [Fact]
    public async Task ADirectoryThatComesLater_GetsEverything()
    {
        var later = Path.Combine(_directory, "later");
        var log = ToFile(Path.Combine(later, "access.log"));
        log.Write(Numbered(1));
        await UntilAsync(() => log.Failures > 0);
        Directory.CreateDirectory(later);
        log.Write(Numbered(2));
        await log.DisposeAsync();
        Assert.Equal([1, 2], Numbers(Path.Combine(later, "access.log")));
    }

    [Fact]
    public async Task ReopeningUnderLoad_LosesNoLineAndTearsNone()
    {
        var log = ToFile(Path1);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                log.Write(Numbered(i));
                if (i % 2000 == 0)
                    await Task.Delay(5, TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        var rotated = 0;
        while (!writing.IsCompleted)
        {
            if (File.Exists(Path1))
                File.Move(Path1, $"{Path1}.{rotated++:0000}");
            log.Reopen();
            await UntilAsync(() => File.Exists(Path1));
        }
        await writing;
        await log.DisposeAsync();
        Assert.True(rotated > 1);
        Assert.Equal((100_000, 0), (log.Written, log.Dropped));
        var all = Directory.GetFiles(_directory).OrderBy(f => f == Path1 ? "z" : f, StringComparer.Ordinal).SelectMany(Numbers);
        Assert.Equal(Enumerable.Range(0, 100_000), all);
    }

    [Fact]
    public async Task AFileEmptiedInPlace_GoesOnFromItsStart()
    {
        var log = ToFile(Path1);
        log.Write(Numbered(1));
        await UntilAsync(() => log.Written == 1);
        File.WriteAllText(Path1, "");
        log.Write(Numbered(2));
        await log.DisposeAsync();
        Assert.Equal([2], Numbers(Path1));
    }

    [Fact]
    public async Task HandingOver_AllocatesNothing()
    {
        await using var log = new RecordWriter(new LineOutput(Sample.Format(LogFormat.Readable), new Collected(), "test"), TimeSpan.FromHours(1), new ManualTime(), NullLogger.Instance);
        var record = Numbered(1);
        for (var i = 0; i < 20_000; i++)
            log.Write(record);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 5_000; i++)
                log.Write(record);
        }));
    }

    private static RecordWriter ToFile(string path) =>
        new(new LineOutput(Sample.Format(LogFormat.Squid), new FileOutput(path), path), TimeSpan.FromMilliseconds(50), TimeProvider.System, NullLogger.Instance);

    private static ExchangeRecord Numbered(int number)
    {
        var record = Sample.Miss();
        record.ResponseBytes = number;
        return record;
    }

    private static string Line(int number) => Sample.Format(LogFormat.Squid).Line(Numbered(number));

    // Each line whole: ten fields, the fifth is the number.
    private static IEnumerable<int> Numbers(string path) => File.ReadLines(path).Select(line =>
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(10, fields.Length);
        return int.Parse(fields[4], null);
    });

    // Lets the log's timer come due, whenever it sets it.
    private static async Task PassAsync(ManualTime time, Task until)
    {
        while (!until.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await until;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(1, limit.Token);
    }
}
