using System.Diagnostics;
using CsCheck;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cache;

public class BansTests
{
    private const string Stored = "200|Cache-Control: max-age=600|ETag: \"a\"|Cache-Tag: news, front";

    [Theory]
    // GET http://www.origin.test/a/b?q with tags "news" and "front", in scope "", is stored: does the purge take it?
    [InlineData("all", "", true)]
    [InlineData("host", "www.origin.test", true)]
    [InlineData("host", ".origin.test", true)]
    [InlineData("host", "origin.test", false)]
    [InlineData("prefix", "http://www.origin.test/", true)]
    [InlineData("prefix", "http://www.origin.test", true)]
    [InlineData("prefix", "http://WWW.origin.test:80/a", true)]
    [InlineData("prefix", "http://www.origin.test/a/b?", true)]
    [InlineData("prefix", "http://www.origin.test/b", false)]
    [InlineData("prefix", "https://www.origin.test/", false)]
    [InlineData("prefix", "http://www.origin.test:81/", false)]
    [InlineData("prefix", "http://origin.test/", false)]
    [InlineData("tag", "news", true)]
    [InlineData("tag", "front", true)]
    [InlineData("tag", "new", false)]
    [InlineData("tag", "News", false)]
    [InlineData("route", "", true)]
    [InlineData("route", "app", false)]
    public async Task Purge_TakesWhatItsSelectorNames(string kind, string value, bool taken)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET http://www.origin.test/a/b?q", Stored);
        var purged = await scenario.Cache.Care.PurgeAsync(Selector(kind, value), soft: false);
        Assert.Equal(taken ? 1 : 0, purged.Entries);
        Assert.Equal(taken ? 0 : 1, scenario.Cache.Counters.Entries);
        Assert.Equal(taken ? MissReason.UriMiss : MissReason.None, scenario.Find("GET http://www.origin.test/a/b?q").Reason);
    }

    [Fact]
    public async Task WhatIsFetchedAfterABan_IsNotTakenByIt()
    {
        var scenario = new CacheScenario();
        await scenario.Cache.Care.PurgeAsync(new EntrySelector(), soft: false);
        scenario.Fetch("GET /", Stored);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
        Assert.Equal(0, (await scenario.Cache.Care.PurgeAsync(Selector("tag", "other"), soft: false)).Entries);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    public async Task FetchThatBeganBeforeABan_IsNotStored(int secondsAfter)
    {
        var scenario = new CacheScenario();
        var admission = scenario.Receive(scenario.Find("GET /"), Stored);
        await scenario.Cache.Care.PurgeAsync(Selector("tag", "news"), soft: false);
        // The ban may be gone by then.
        scenario.Wait(secondsAfter);
        await scenario.Cache.Care.PurgeAsync(Selector("tag", "other"), soft: false);
        admission.Writer!.Append("hello"u8);
        Assert.False(admission.Writer.Commit());
        Assert.Equal(NotStoredReason.Invalidated, admission.Writer.Reason);
        Assert.Equal(0, scenario.Cache.Counters.Bytes);
    }

    [Fact]
    public async Task SoftPurge_LeavesAStaleAnswer()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", Stored + "|Cache-Control: stale-while-revalidate=60, stale-if-error=60");
        scenario.Wait(100);
        Assert.Equal(new Purged(1, true), await scenario.Cache.Care.PurgeAsync(Selector("tag", "news"), soft: true));
        scenario.Wait(30);
        Assert.Equal(LookupOutcome.HitStale, scenario.Find("GET /").Outcome);
        scenario.Wait(31);
        var lookup = scenario.Find("GET /");
        Assert.Equal((LookupOutcome.Revalidate, MissReason.Stale), (lookup.Outcome, lookup.Reason));
        Assert.Equal("\"a\"", lookup.Validators!.Get("If-None-Match"));
        // The origin confirms it: fresh again, and no ban takes it a second time.
        Assert.Equal(AdmissionKind.Serve, scenario.Receive(lookup, "304|ETag: \"a\"").Kind);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
    }

    [Theory]
    [InlineData("max-age=600", true)]
    [InlineData("max-age=600, must-revalidate", false)]
    public async Task SoftPurgedAnswer_StandsInForADeadOriginWhereAStaleOneMay(string directives, bool standsIn)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|ETag: \"a\"|Cache-Control: {directives}");
        await scenario.Cache.Care.PurgeAsync(new EntrySelector(), soft: true);
        scenario.Wait(1);
        var lookup = scenario.Find("GET /");
        Assert.Equal(LookupOutcome.Revalidate, lookup.Outcome);
        Assert.Equal(standsIn, scenario.Cache.InsteadOfError(lookup) is not null);
    }

    [Fact]
    public void EntryBeforeItsSweep_IsTakenAtItsLookup()
    {
        // A lookup between the ban and its sweep.
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", Stored);
        var care = scenario.Cache.Care;
        care.Bans.Add(Selector("tag", "front"), soft: false);
        Assert.Empty(care.List(new EntrySelector()));
        Assert.Equal(MissReason.UriMiss, scenario.Find("GET /").Reason);
        Assert.Equal(0, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public async Task Ban_IsDroppedWhenAllThatIsOlderHasBeenAsked()
    {
        var scenario = new CacheScenario();
        await scenario.Cache.Care.PurgeAsync(Selector("tag", "a"), soft: false);
        await scenario.Cache.Care.PurgeAsync(Selector("tag", "b"), soft: true);
        // Of two equal ones the later says all.
        await scenario.Cache.Care.PurgeAsync(Selector("tag", "a"), soft: false);
        Assert.Equal(2, scenario.Cache.Care.OpenBans);
        scenario.Wait(Bans.Kept.TotalSeconds + 2);
        // The timer's sweep runs in the background.
        var began = Stopwatch.GetTimestamp();
        while (scenario.Cache.Care.OpenBans > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Waiting.Limit);
            await Task.Yield();
        }
    }

    [Fact]
    public void ClockThatStepsBack_DoesNotReorderBans()
    {
        var time = new SteppingTime();
        var bans = new Bans(time);
        var first = bans.Add(new EntrySelector(), soft: false);
        var stamp = bans.Newest;
        time.Now -= TimeSpan.FromDays(1);
        var second = bans.Add(Selector("tag", "x"), soft: false);
        Assert.True(second.Number > first.Number);
        Assert.True(second.Number > stamp);
    }

    [Fact]
    public void WrittenBans_AreReadAgain()
    {
        using var folder = new TempFolder();
        var time = new ManualTime();
        var bans = new Bans(time);
        bans.Add(new EntrySelector { Route = "app", Tag = "a\"b" }, soft: true);
        bans.Add(Selector("host", "*.origin.test"), soft: false);
        bans.Add(Selector("prefix", "http://origin.test/a?b"), soft: false);
        bans.Write(folder.File("bans"));
        Assert.Equal(["bans"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));

        var read = new Bans(time);
        Assert.True(read.Read(folder.File("bans")));
        Assert.Equal((bans.Newest, 3), (read.Newest, read.Count));
        var head = Head("Cache-Tag: x");
        foreach (var (url, taken) in new[] { ("http://www.origin.test/", true), ("http://origin.test/a?bc", true), ("http://origin.test/", false) })
            Assert.Equal(taken, read.Judge(Key(url), head, 0) is { Soft: false });
        Assert.Null(read.Judge(Key("http://www.origin.test/"), head, read.Newest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"Newest":1,"Dropped":0,"Bans":[{"Number":1,"Host":"a:80"}]}""")]
    [InlineData("""{"Newest":1,"Dropped":0,"Bans":[{"Number":1,"Prefix":"/x"}]}""")]
    public void TornFile_IsNoList(string text)
    {
        using var folder = new TempFolder();
        Assert.False(new Bans(new ManualTime()).Read(folder.File("none")));
        File.WriteAllText(folder.File("bans"), text);
        Assert.False(new Bans(new ManualTime()).Read(folder.File("bans")));
    }

    /// <summary>Any order of storing, banning and looking up gives what a list of all that ever happened gives.</summary>
    [Fact]
    public Task AnyOrderOfCalls_TakesWhatIsOlderAndNoMore() =>
        Gen.Int[0, 5].Select(Gen.Int[0, 7]).List[0, 60].SampleAsync(async calls =>
        {
            var scenario = new CacheScenario();
            var stored = new Dictionary<int, int>();
            var bans = new List<(int At, int Tag, bool Soft)>();
            for (var at = 0; at < calls.Count; at++)
            {
                var (call, n) = calls[at];
                var (url, tag) = ($"GET /{n}", n % 3);
                scenario.Wait(0.001);
                var expected = Expected(stored, bans, n);
                switch (call)
                {
                    case 0 or 1 when expected == LookupOutcome.Miss:
                        scenario.Fetch(url, $"200|Cache-Control: max-age=60, must-revalidate|ETag: \"a\"|xkey: t{tag}");
                        stored[n] = at;
                        break;
                    case 2:
                        scenario.Cache.Care.Bans.Add(Selector("tag", $"t{tag}"), soft: false);
                        bans.Add((at, tag, false));
                        break;
                    case 3:
                        scenario.Cache.Care.Bans.Add(Selector("tag", $"t{tag}"), soft: true);
                        bans.Add((at, tag, true));
                        break;
                    case 4:
                        // Sweeps.
                        await scenario.Cache.Care.PurgeAsync(Selector("tag", "none"), soft: false);
                        break;
                    default:
                        Assert.Equal(expected, scenario.Find(url).Outcome);
                        break;
                }
            }
            for (var n = 0; n < 8; n++)
                Assert.Equal(Expected(stored, bans, n), scenario.Find($"GET /{n}").Outcome);

            static LookupOutcome Expected(Dictionary<int, int> stored, List<(int At, int Tag, bool Soft)> bans, int n)
            {
                if (!stored.TryGetValue(n, out var at))
                    return LookupOutcome.Miss;
                var after = bans.Where(b => b.At > at && b.Tag == n % 3).ToList();
                return after.Exists(b => !b.Soft) ? LookupOutcome.Miss : after.Count > 0 ? LookupOutcome.Revalidate : LookupOutcome.Hit;
            }
        }, iter: 300);

    private static EntrySelector Selector(string kind, string value)
    {
        HostPattern? host = null;
        RequestTarget? prefix = null;
        if (kind == "host")
            HostPattern.TryParse(value, out host);
        if (kind == "prefix")
            Assert.True(RequestTarget.TryParse("GET", value, null, "http", null, out prefix, out _));
        return new EntrySelector { Host = host, Prefix = prefix, Tag = kind == "tag" ? value : null, Route = kind == "route" ? value : null };
    }

    private static CacheKey Key(string url)
    {
        Assert.True(RequestTarget.TryParse("GET", url, null, "http", null, out var target, out _));
        return CacheKey.Of("", target, null);
    }

    private static EntryHead Head(string field)
    {
        var head = new ResponseHead { Status = 200, Fields = new FieldList([new(field.Split(": ")[0], field.Split(": ")[1])]) };
        return EntryHead.Of(new FieldList(), head, ResponseDirectives.Of(head.Fields, []), default);
    }

    private sealed class SteppingTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
