using Sluice.Records;
using Sluice.Records.Gauging;

namespace Sluice.Tests.Records.Gauging;

public class TopNamesTests
{
    [Fact]
    public void WhoChoosesANewNameEachTime_NeitherFillsTheMemoryNorHidesTheOthers()
    {
        var names = new TopNames<string>(0);
        for (var i = 0; i < 200_000; i++)
        {
            names.Add($"{i}.made.test", Of(1));
            if (i % 100 == 0)
                names.Add("often.test", Of(1));
            if (i % 20_000 == 0)
                names.Add("large.test", Of(1 << 30));
        }
        var minute = Assert.Single(names.Since(0));
        Assert.InRange(minute.Length, 1, 4 * TopNames<string>.Kept);
        Assert.Equal(2000, minute.Single(name => name.Key == "often.test").Value.Exchanges);
        Assert.Equal(10L << 30, minute.Single(name => name.Key == "large.test").Value.Bytes);
        names.Begin(1);
        Assert.InRange(names.Since(0)[0].Length, 1, TopNames<string>.Kept);
    }

    [Fact]
    public void Minutes_GoAfterAQuarterOfAnHour()
    {
        var names = new TopNames<string>(100);
        for (var minute = 100; minute < 140; minute++)
        {
            names.Add($"m{minute}", Of(1));
            names.Begin(minute + 1);
        }
        Assert.Equal(Enumerable.Range(125, 15).Select(minute => $"m{minute}"), names.Since(0).SelectMany(minute => minute).Select(name => name.Key));
        Assert.Equal(["m139"], names.Since(139).SelectMany(minute => minute).Select(name => name.Key));
    }

    private static ExchangeRecord Of(long bytes) => new() { ResponseBytes = bytes };
}
