using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;

namespace Sluice.Tests.Records;

public sealed class AccessLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Off_TakesNothing()
    {
        await using var log = new AccessLog(LogOptions.Off, TimeProvider.System, NullLogger.Instance);
        log.Write(Sample.Miss());
        Assert.Empty(log.Outputs);
        Assert.Equal(0, log.Dropped);
    }

    [Fact]
    public async Task EachOutput_GetsEveryRecord()
    {
        var options = To(("a", LogFormat.Json), ("b", LogFormat.Combined));
        await using (var log = new AccessLog(options, TimeProvider.System, NullLogger.Instance))
            for (var i = 0; i < 100; i++)
                log.Write(Sample.Miss());
        Assert.Equal(Enumerable.Repeat(Sample.Format(LogFormat.Json).Line(Sample.Miss()), 100), Lines("a"));
        Assert.Equal(Enumerable.Repeat(Sample.Format(LogFormat.Combined).Line(Sample.Miss()), 100), Lines("b"));
    }

    [Fact]
    public async Task AReload_KeepsWhatIsTheSameAndLosesNoRecord()
    {
        await using (var log = new AccessLog(To(("a", LogFormat.Squid), ("b", LogFormat.Squid)), TimeProvider.System, NullLogger.Instance))
        {
            var stop = false;
            var count = 0;
            var writing = Task.Run(async () =>
            {
                for (; !Volatile.Read(ref stop); count++)
                {
                    log.Write(Sample.Miss());
                    // Enough to be in the middle of each reload, too few to fill a disk on a slow machine.
                    if (count % 100 == 0)
                        await Task.Delay(1, TestContext.Current.CancellationToken);
                }
            }, TestContext.Current.CancellationToken);
            while (Volatile.Read(ref count) < 100)
                await Task.Yield();
            for (var i = 0; i < 20; i++)
                await log.UseAsync(To(("a", LogFormat.Squid), ("b", i % 2 == 0 ? LogFormat.Combined : LogFormat.Squid)));
            Volatile.Write(ref stop, true);
            await writing;
            await log.UseAsync(LogOptions.Off);
            Assert.Equal(count - log.Dropped, Lines("a").Count + Lines("b").Count - count);
            Assert.Empty(log.Outputs);
        }
    }

    [Fact]
    public async Task ReloadsInARow_LoseNoRecordAndDoubleNone()
    {
        var stop = false;
        await using (var log = new AccessLog(To(("a", LogFormat.Squid), ("b", LogFormat.Squid)), TimeProvider.System, NullLogger.Instance))
        {
            var writing = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                var count = 0;
                // No faster than a disk of a slow machine takes it; each time at another moment of a reload.
                for (; !Volatile.Read(ref stop); count++)
                {
                    log.Write(Sample.Miss());
                    Thread.SpinWait(count % 1000);
                    if (count % 5 == 0)
                        await Task.Delay(1);
                }
                return count;
            })).ToList();
            for (var i = 0; i < 300; i++)
                await log.UseAsync(To(("a", i % 2 == 0 ? LogFormat.Combined : LogFormat.Squid), ("b", i % 2 == 0 ? LogFormat.Combined : LogFormat.Squid)));
            Volatile.Write(ref stop, true);
            var count = (await Task.WhenAll(writing)).Sum();
            await log.UseAsync(LogOptions.Off);
            Assert.Equal(0, log.Dropped);
            Assert.Equal((count, count), (Lines("a").Count, Lines("b").Count));
        }
    }

    private LogOptions To(params (string Name, LogFormat Format)[] outputs) =>
        new() { Access = [.. outputs.Select(output => new LogOutputOptions { Format = output.Format, File = Path.Combine(_folder, output.Name) })] };

    // Without those that say how many records are missing.
    private List<string> Lines(string name) => [.. File.ReadLines(Path.Combine(_folder, name)).Where(line => line[0] != '#')];
}
