using Sluice.Records;
using Sluice.Records.History;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records.History;

/// <summary>The history stays as young and as small as it is to be, and lives with what it finds.</summary>
public sealed class HistoryBoundsTests : IDisposable
{
    private readonly HistoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void TheOldestGo_WhereTheSizeIsReached()
    {
        _scene.Options = _scene.Options with { SizeBytes = HistoryOptions.LeastBytes };
        using var output = _scene.Output();
        var most = 0L;
        var number = 0;
        for (var batch = 0; batch < 300; batch++)
        {
            while (output.HasRoom)
                output.Add(Large(++number, 300 + number % 7 * 300));
            output.WriteOut();
            most = Math.Max(most, _scene.Bytes);
        }
        Assert.InRange(most, HistoryOptions.LeastBytes / 2, HistoryOptions.LeastBytes);
        var kept = _scene.All().Select(row => row.Record!.Number).ToList();
        Assert.Equal(Enumerable.Range(number - kept.Count + 1, kept.Count).Select(i => (long)i), kept);
        Assert.InRange(kept.Count, 5000, number / 2);
    }

    [Fact]
    public void HugeRecords_TakeTheRoomOfSmallOnes()
    {
        _scene.Options = _scene.Options with { SizeBytes = HistoryOptions.LeastBytes };
        using var output = _scene.Output();
        var number = 0;
        foreach (var length in (int[])[10, 60_000, 10, 60_000])
            for (var batch = 0; batch < 150; batch++)
            {
                while (output.HasRoom)
                    output.Add(Large(++number, length));
                output.WriteOut();
                Assert.InRange(_scene.Bytes, 0, HistoryOptions.LeastBytes);
            }
        Assert.Equal(number, _scene.All()[^1].Record!.Number);
    }

    [Fact]
    public void ASizeThatIsLessNow_IsReachedBySteps()
    {
        _scene.Options = _scene.Options with { SizeBytes = 4 * HistoryOptions.LeastBytes };
        Fill(60_000);
        Assert.InRange(_scene.Bytes, HistoryOptions.LeastBytes * 3 / 2, 4 * HistoryOptions.LeastBytes);
        _scene.Options = _scene.Options with { SizeBytes = HistoryOptions.LeastBytes };
        using (var output = _scene.Output())
            for (var batch = 0; batch < 60; batch++)
            {
                output.Add(Sample.Miss());
                output.WriteOut();
            }
        Assert.InRange(_scene.Bytes, 0, HistoryOptions.LeastBytes);
    }

    [Fact]
    public void WhatIsTooOld_Goes_WithTrafficAndWithout()
    {
        _scene.Options = _scene.Options with { Keep = TimeSpan.FromHours(1) };
        using var output = _scene.Output();
        void Write(int number)
        {
            var record = Large(number, 10);
            record.Time = _scene.Time.GetUtcNow();
            output.Add(record);
            output.WriteOut();
        }
        Write(1);
        _scene.Time.Advance(TimeSpan.FromMinutes(50));
        Write(2);
        Assert.Equal([1, 2], Numbers());
        _scene.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal([2], Numbers());
        _scene.Time.Advance(TimeSpan.FromMinutes(45));
        Write(3);
        Assert.Equal([3], Numbers());
        _scene.Time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(_scene.All());
    }

    [Fact]
    public void AClockThatStepsBack_KeepsTheOrder()
    {
        using var output = _scene.Output();
        for (var number = 1; number <= 3; number++)
        {
            var record = Large(number, 10);
            record.Time -= TimeSpan.FromHours(number);
            output.Add(record);
            output.WriteOut();
        }
        Assert.Equal([1, 2, 3], Numbers());
        Assert.Equal(2, _scene.All(new RecordFilter { Since = Sample.Miss().Time.AddHours(-2.5) }).Count);
    }

    [Theory]
    [InlineData("no database, but a text")]
    [InlineData("damaged")]
    public void WhatIsNoDatabase_IsMovedAside(string what)
    {
        if (what == "damaged")
            Damage();
        else
            File.WriteAllText(_scene.Path, new string('x', 100_000));
        _scene.Write(Large(7, 10));
        Assert.Equal([7], Numbers());
        Assert.True(File.Exists(_scene.Path + ".corrupt"));
        Assert.Contains(_scene.Log.Lines, line => line.Contains($"it was moved to {_scene.Path}.corrupt", StringComparison.Ordinal));
    }

    [Fact]
    public void ANewerVersion_IsLeftAndTold()
    {
        _scene.Write(Sample.Miss());
        _scene.Ask("PRAGMA user_version = 99");
        using var output = _scene.Output();
        output.Add(Sample.Miss());
        Assert.Contains("was written by a newer Sluice (its version is 99, this one knows 1)", Assert.ThrowsAny<IOException>(output.WriteOut).Message, StringComparison.Ordinal);
        Assert.Contains("its version is 99, not 1", Assert.ThrowsAny<IOException>(() => HistoryReader.Open(_scene.Path)).Message, StringComparison.Ordinal);
        _scene.Ask("PRAGMA user_version = 1");
        output.WriteOut();
        Assert.Equal(2, _scene.All().Count);
    }

    [Fact]
    public void ADatabaseOfAnotherProgram_IsLeftAndTold()
    {
        _scene.Ask("CREATE TABLE theirs (a)");
        using var output = _scene.Output();
        output.Add(Sample.Miss());
        Assert.Contains("is the database of another program", Assert.ThrowsAny<IOException>(output.WriteOut).Message, StringComparison.Ordinal);
        Assert.Empty(_scene.Ask("SELECT 1 FROM sqlite_schema WHERE name = 'exchanges'"));
    }

    [Fact]
    public void NoHistory_IsTold()
    {
        Assert.Contains("there is no history yet", Assert.ThrowsAny<IOException>(() => HistoryReader.Open(_scene.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_scene.Path, new string('x', 10_000));
        Assert.Contains("not a database", Assert.ThrowsAny<IOException>(() => HistoryReader.Open(_scene.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SomebodyWhoReadsForTooLong_DoesNotMakeItGrow()
    {
        _scene.Options = _scene.Options with { SizeBytes = HistoryOptions.LeastBytes };
        Fill(1000);
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_scene.Path};Pooling=False");
        connection.Open();
        using var output = _scene.Output();
        using (var read = connection.BeginTransaction(deferred: true))
        {
            using var command = connection.CreateCommand();
            command.Transaction = read;
            command.CommandText = "SELECT count(*) FROM exchanges";
            command.ExecuteScalar();
            Assert.Contains("somebody has been reading", Assert.ThrowsAny<IOException>(() => FillWith(output, 40_000)).Message, StringComparison.Ordinal);
            Assert.InRange(_scene.Bytes, 0, HistoryOptions.LeastBytes);
        }
        output.WriteOut();
        Assert.InRange(_scene.Bytes, 0, HistoryOptions.LeastBytes);
    }

    [Fact]
    public async Task AReload_OpensItWithItsNewSizeAndLosesNothing()
    {
        var options = new LogOptions { Access = [], History = _scene.Options with { Keep = TimeSpan.FromDays(10_000) } };
        await using (var log = new AccessLog(options, TimeProvider.System, _scene.Log))
        {
            for (var i = 0; i < 20; i++)
            {
                for (var j = 0; j < 100; j++)
                    log.Write(Large(i * 100 + j, 10));
                await log.UseAsync(options with { History = options.History! with { SizeBytes = (100 + i) << 20 } });
            }
            Assert.Equal(0, log.Dropped);
        }
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), Numbers().Order());
    }

    [Fact]
    public void AFileThatWasMoved_IsMadeAnew_WhenItIsOpenedAnew()
    {
        using var output = _scene.Output();
        output.Add(Sample.Miss());
        output.WriteOut();
        File.Move(_scene.Path, _scene.Path + ".1");
        File.Delete(_scene.Path + "-wal");
        File.Delete(_scene.Path + "-shm");
        output.Reopen();
        output.Add(Sample.Denied());
        output.WriteOut();
        Assert.Equal(403, Assert.Single(_scene.All()).Record!.Status);
    }

    private List<long> Numbers() => [.. _scene.All().Select(row => row.Record!.Number)];

    private void Fill(int count)
    {
        using var output = _scene.Output();
        FillWith(output, count);
    }

    private static void FillWith(HistoryOutput output, int count)
    {
        for (var number = 0; number < count;)
        {
            while (output.HasRoom && number < count)
                output.Add(Large(++number, 300));
            output.WriteOut();
        }
    }

    private void Damage()
    {
        Fill(1000);
        using var file = File.OpenWrite(_scene.Path);
        file.Position = 100;
        file.Write(new byte[file.Length - 100]);
    }

    private static ExchangeRecord Large(int number, int urlLength)
    {
        var record = Sample.Miss();
        record.Number = number;
        record.Url = "http://example.com/" + new string('a', urlLength);
        return record;
    }
}
