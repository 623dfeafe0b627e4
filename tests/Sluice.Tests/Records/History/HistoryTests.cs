using CsCheck;
using Sluice.Records;
using Sluice.Records.History;

namespace Sluice.Tests.Records.History;

/// <summary>What is written is what is read, by us and with plain SQL.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly HistoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("miss")]
    [InlineData("denied")]
    [InlineData("tunnel")]
    [InlineData("relay")]
    [InlineData("bad")]
    public void ARow_BecomesTheLineOfTheAccessLog(string kind)
    {
        _scene.Write(Sample.Of(kind));
        var row = Assert.Single(_scene.All());
        Assert.Equal(Sample.Format(LogFormat.Json).Line(Sample.Of(kind)), Sample.Format(LogFormat.Json).Line(row.Record!));
    }

    [Fact]
    public void ARow_BecomesTheLineOfTheAccessLog_WhateverIsInIt()
    {
        var json = Sample.Format(LogFormat.Json);
        MadeRecords.Any.Array[0, 50].Sample(records =>
        {
            using var scene = new HistoryScene();
            scene.Write(records);
            Assert.Equal(records.Select(json.Line), records.Length == 0 ? [] : scene.All().Select(row => json.Line(row.Record!)));
        }, iter: 60);
    }

    [Fact]
    public void Rows_StandInTheOrderInWhichTheyWereWritten()
    {
        var (late, early) = (Sample.Miss(), Sample.Miss());
        (late.Number, late.Duration, early.Number) = (1, TimeSpan.FromHours(1), 2);
        _scene.Write(late, early);
        Assert.Equal([1, 2], _scene.All().Select(row => row.Record!.Number));
        Assert.Equal(HistorySchema.IdAt(late.Time + late.Duration), _scene.All()[0].Id);
        Assert.Equal(_scene.All()[0].Id + 1, _scene.All()[1].Id);
    }

    [Fact]
    public void PlainSql_ReadsIt()
    {
        _scene.Write(Sample.Miss(), Sample.Denied(), Sample.Tunnel());
        Assert.Equal(["example.com", "example.com"], _scene.Ask("SELECT url_domain FROM exchanges WHERE time >= '2026-01-02T03' AND http_response_status_code = 200"));
        Assert.Equal(["2026-01-02T03:04:05.678Z"], _scene.Ask("SELECT DISTINCT time FROM exchanges"));
        Assert.Equal(["ads"], _scene.Ask("SELECT rule FROM exchanges WHERE verdict = 'deny' AND user_name = 'anna'"));
        Assert.Equal([12.346], _scene.Ask("SELECT duration_ms FROM exchanges WHERE cache = 'MISS'"));
        Assert.Equal([1L], _scene.Ask("PRAGMA user_version"));
    }

    [Fact]
    public void TheFiles_AreForTheOwnerAndTheGroup()
    {
        using var output = _scene.Output();
        output.Add(Sample.Miss());
        output.WriteOut();
        if (!OperatingSystem.IsWindows())
            foreach (var end in (string[])["", "-wal", "-shm"])
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_scene.Path + end));
    }

    [Fact]
    public void WhatIsMissing_IsARow()
    {
        using (var output = _scene.Output())
        {
            output.Add(Sample.Miss());
            output.AddDropped(3, _scene.Time.GetUtcNow());
            output.WriteOut();
        }
        var row = _scene.All()[1];
        Assert.Equal((null, 3, _scene.Time.GetUtcNow()), (row.Record, row.Dropped, row.Time));
        Assert.Equal(["dropped"], _scene.Ask("SELECT kind FROM exchanges WHERE dropped = 3"));
    }

    [Fact]
    public void AFilter_FindsWhatItMatches()
    {
        var samples = MadeRecords.Any.Array[1, 60];
        var values = Gen.Select(Gen.OneOf([.. RecordFilter.Names]), Gen.Int[0, 7]);
        Gen.Select(samples, values.Array[0, 3]).Sample((records, conditions) =>
        {
            using var scene = new HistoryScene();
            scene.Write(records);
            var filter = RecordFilter.All;
            foreach (var (name, number) in conditions)
                Assert.Null(RecordFilter.TryAdd(ref filter, name, ValueOf(name, number), Sample.Miss().Time));
            Assert.Equal(
                records.Where(filter.Matches).Select(record => record.Number),
                scene.All(filter).Select(row => row.Record!.Number));
        }, iter: 150);
    }

    [Fact]
    public void TheNewest_ComeFirst_PageByPage()
    {
        _scene.Write(Enumerable.Range(1, 10).Select(Numbered));
        using var reader = HistoryReader.Open(_scene.Path);
        var first = reader.Newest(RecordFilter.All, 4, null, CancellationToken.None);
        var second = reader.Newest(RecordFilter.All, 4, first[^1].Id, CancellationToken.None);
        Assert.Equal([10, 9, 8, 7, 6, 5, 4, 3], first.Concat(second).Select(row => row.Record!.Number));
        var after = reader.BeforeNewest(RecordFilter.All, 3, CancellationToken.None);
        Assert.Equal([8, 9, 10], reader.After(RecordFilter.All, after, CancellationToken.None).Select(row => row.Record!.Number));
        Assert.Equal(0, reader.BeforeNewest(RecordFilter.All, 10, CancellationToken.None));
    }

    [Fact]
    public void ManyRows_AreReadAllOfThem()
    {
        _scene.Write(Enumerable.Range(1, 5000).Select(Numbered));
        Assert.Equal(Enumerable.Range(1, 5000).Select(i => (long)i), _scene.All().Select(row => row.Record!.Number));
    }

    [Fact]
    public void AReader_SeesWhatIsWrittenMeanwhile()
    {
        using var output = _scene.Output();
        output.Add(Numbered(1));
        output.WriteOut();
        using var reader = HistoryReader.Open(_scene.Path);
        var first = Assert.Single(reader.After(RecordFilter.All, 0, CancellationToken.None));
        output.Add(Numbered(2));
        output.WriteOut();
        Assert.Equal(2, Assert.Single(reader.After(RecordFilter.All, first.Id, CancellationToken.None)).Record!.Number);
    }

    [Fact]
    public void ALongSearch_IsInterrupted()
    {
        _scene.Write(Enumerable.Range(1, 20_000).Select(Numbered));
        using var reader = HistoryReader.Open(_scene.Path);
        using var stop = new CancellationTokenSource();
        using var rows = reader.After(RecordFilter.All, 0, stop.Token).GetEnumerator();
        Assert.True(rows.MoveNext());
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => reader.Newest(RecordFilter.All, 10, null, stop.Token));
    }

    private static ExchangeRecord Numbered(int number)
    {
        var record = Sample.Miss();
        record.Number = number;
        return record;
    }

    private static string ValueOf(string name, int number) => (name, number) switch
    {
        ("since" or "until", _) => $"{Sample.Miss().Time.AddMilliseconds(number * 120).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff}Z",
        ("host", < 2) => "example.com",
        ("host", < 4) => ".example.com",
        ("host", < 5) => "*.com",
        ("host", _) => "x_y.example.com",
        ("client", < 3) => "10.0.0.0/8",
        ("client", < 5) => "10.0.0.7",
        ("client", _) => "2001:db8::/32",
        ("kind", _) => Enum.GetNames<RecordKind>()[number % 4],
        ("cache", _) => Enum.GetNames<CacheUse>()[number % 6],
        ("verdict", _) => ((string[])["allow", "deny", "report"])[number % 3],
        ("status", 0) => "0",
        ("status", _) => $"{Math.Clamp(number, 1, 5)}xx",
        ("error", < 4) => RecordFilter.AnyError,
        ("url", < 4) => "example",
        ("url", < 6) => "u:p",
        _ => number < 4 ? "a" : "b",
    };
}
