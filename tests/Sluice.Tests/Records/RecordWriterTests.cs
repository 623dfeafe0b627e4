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
        await using var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
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
        await using var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.FromMilliseconds(50), time, NullLogger.Instance);
        for (var i = 0; i < 100; i++)
            log.Write(Numbered(i));
        Assert.Empty(output.Lines);
        await PassAsync(time, output.WroteAsync());
        Assert.Equal(100, output.Lines.Length);
    }

    [Fact]
    public async Task TooManyLines_AreDroppedAndCounted()
    {
        var output = new Collected();
        output.Open.Reset();
        var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Json), output, "test"), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        log.Write(Numbered(0));
        Assert.True(output.Entered.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        var line = Sample.Format(LogFormat.Json).Line(Numbered(0)).Length;
        var most = LineQueue.MostBytes / line;
        for (var i = 1; i < most + 5; i++)
            log.Write(Numbered(0));
        var dropped = log.Dropped;
        Assert.InRange(dropped, 5, 5 + most / 100);
        output.Open.Set();
        await log.DisposeAsync();
        Assert.Equal(most + 5 - dropped, log.Written);
        Assert.Equal(log.Written + 1, output.Lines.Length);
        Assert.Contains($"\"dropped\":{dropped}}}", Assert.Single(output.Lines, line => line.Contains("dropped", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissing_IsToldWithTheRecordsBeforeIt_ThoughTheirBlockIsFull()
    {
        var output = new Collected();
        using var queue = new LineQueue(Sample.Format(LogFormat.Json), output, "test");
        var record = Numbered(1);
        record.Url = "http://long.test/";
        record.Url += new string('x', LineQueue.BlockBytes - Sample.Format(LogFormat.Json).Line(record).Length);
        Assert.True(queue.TryAdd(record));
        queue.AddDropped(5, DateTimeOffset.UnixEpoch);
        Assert.Equal((1, 0), (queue.WriteOut(), queue.Count));
        Assert.Contains("\"dropped\":5", output.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooManyRecords_AreDroppedAndCounted()
    {
        var output = new Held();
        var log = new RecordWriter(new RecordQueue(output), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        log.Write(Numbered(0));
        Assert.True(output.Entered.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        for (var i = 0; i < RecordQueue.Length + 5; i++)
            log.Write(Numbered(i));
        Assert.Equal(5, log.Dropped);
        output.Open.Set();
        await log.DisposeAsync();
        Assert.Equal((RecordQueue.Length + 1, 5), (output.Records, output.Dropped));
        Assert.Equal(output.Records, log.Written);
    }

    [Fact]
    public async Task ARecordOfAnyLength_IsALine()
    {
        var long1 = Numbered(1);
        long1.Url = "http://long.test/" + new string('x', 300_000);
        await using (var log = ToFile(Path1))
            foreach (var record in (ExchangeRecord[])[Numbered(0), long1, Numbered(2), long1, Numbered(4)])
                log.Write(record);
        Assert.Equal([0, 1, 2, 1, 4], Numbers(Path1));
        Assert.Equal(2, File.ReadLines(Path1).Count(line => line.Length > 300_000));
    }

    [Fact]
    public async Task ManyThreads_TearNoLine()
    {
        var log = ToFile(Path1);
        Parallel.For(0, 40_000, i => log.Write(Numbered(i)));
        await log.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 40_000), Numbers(Path1).Order());
    }

    [Fact]
    public async Task AfterAFailure_TheSameLinesAreTriedAgainEachSecond()
    {
        var output = new Collected { Failure = "No space left on device" };
        var time = new ManualTime();
        await using var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Readable), output, "test"), TimeSpan.Zero, time, NullLogger.Instance);
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
    public async Task WhileNothingCanBeWritten_WhatIsDroppedIsSaidOnceInTheEnd()
    {
        var output = new Collected { Failure = "No space left on device" };
        var time = new ManualTime();
        await using var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Json), output, "test"), TimeSpan.Zero, time, NullLogger.Instance);
        log.Write(Numbered(1));
        await output.WroteAsync();
        while (log.Dropped < 3)
            log.Write(Numbered(1));
        for (var i = 0; i < 5; i++)
            await PassAsync(time, output.WroteAsync());
        Assert.True(log.Failures >= 5);
        output.Failure = null;
        while (!output.Lines.Any(line => line.Contains("dropped", StringComparison.Ordinal)))
            await PassAsync(time, output.WroteAsync());
        Assert.Contains("\"dropped\":3}", Assert.Single(output.Lines, line => line.Contains("dropped", StringComparison.Ordinal)), StringComparison.Ordinal);
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
        var rotated = 0;
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                log.Write(Numbered(i));
                if (i % 2000 == 0)
                    await Task.Delay(5, TestContext.Current.CancellationToken);
                // Who rotates may be slow: not all is written meanwhile.
                if (i % 25_000 == 0)
                    await UntilAsync(() => Volatile.Read(ref rotated) >= i / 25_000);
            }
        }, TestContext.Current.CancellationToken);
        while (!writing.IsCompleted)
        {
            if (File.Exists(Path1))
                File.Move(Path1, $"{Path1}.{Interlocked.Increment(ref rotated):0000}");
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
        var output = new Collected();
        await using var log = new RecordWriter(new LineQueue(Sample.Format(LogFormat.Json), output, "test"), TimeSpan.Zero, TimeProvider.System, NullLogger.Instance);
        var record = Numbered(1);
        output.Open.Reset();
        for (var i = 0; i < 10_000; i++)
            log.Write(record);
        output.Open.Set();
        // Its blocks have come back.
        await UntilAsync(() => log.Written == 10_000);
        output.Open.Reset();
        var allocated = Allocated.By(() =>
        {
            for (var i = 0; i < 1_000; i++)
                log.Write(record);
        });
        output.Open.Set();
        Assert.Equal(0, allocated);
    }

    private static RecordWriter ToFile(string path) =>
        new(new LineQueue(Sample.Format(LogFormat.Squid), new FileOutput(path), path), TimeSpan.FromMilliseconds(50), TimeProvider.System, NullLogger.Instance);

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

    /// <summary>Takes nothing until it is open.</summary>
    private sealed class Held : IRecordOutput
    {
        public ManualResetEventSlim Open { get; } = new();

        public ManualResetEventSlim Entered { get; } = new();

        public int Records { get; private set; }

        public long Dropped { get; private set; }

        public string Name => "held";

        // One at first: what comes then waits in the queue.
        public bool HasRoom => Records == 0 || Open.IsSet;

        public void Add(ExchangeRecord record) => Records++;

        public void AddDropped(long count, DateTimeOffset now) => Dropped += count;

        public void WriteOut()
        {
            Entered.Set();
            Open.Wait();
        }

        public void Reopen()
        {
        }

        public void Dispose()
        {
        }
    }
}
