using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class VaryTests
{
    [Theory]
    // RFC 9111 s.4.1: stored for the first request, asked for with the second
    [InlineData("the same", "Foo", "|Foo: 1", "|Foo: 1", true)]
    [InlineData("another value", "Foo", "|Foo: 1", "|Foo: 2", false)]
    [InlineData("letter case of an unknown field's value counts", "Foo", "|Foo: a", "|Foo: A", false)]
    [InlineData("absent and absent", "Foo", "", "", true)]
    [InlineData("absent and present", "Foo", "", "|Foo: 1", false)]
    [InlineData("present and absent", "Foo", "|Foo: 1", "", false)]
    [InlineData("absent is not empty", "Foo", "", "|Foo:", false)]
    [InlineData("names in any case", "fOO", "|Foo: 1", "|foo: 2", false)]
    [InlineData("a field that is not named", "Foo", "|Foo: 1|Bar: 1", "|Foo: 1|Bar: 2", true)]
    [InlineData("two names, both the same", "Foo, Bar", "|Foo: 1|Bar: 2", "|Bar: 2|Foo: 1", true)]
    [InlineData("two names, one other", "Foo, Bar", "|Foo: 1|Bar: 2", "|Foo: 1|Bar: 3", false)]
    [InlineData("several lines are one value", "Foo", "|Foo: 1|Foo: 2", "|Foo: 1, 2", true)]
    [InlineData("order of unknown lists counts", "Foo", "|Foo: 1, 2", "|Foo: 2, 1", false)]
    [InlineData("codings in any order, case and spacing", "Accept-Encoding", "|Accept-Encoding: gzip, br", "|Accept-Encoding: BR ,gzip", true)]
    [InlineData("other codings", "Accept-Encoding", "|Accept-Encoding: gzip, br", "|Accept-Encoding: gzip", false)]
    [InlineData("other weights", "Accept-Encoding", "|Accept-Encoding: gzip;q=1", "|Accept-Encoding: gzip;q=0", false)]
    [InlineData("languages in any case and spacing", "Accept-Language", "|Accept-Language: de-AT, en", "|Accept-Language: de-at,en", true)]
    [InlineData("order of languages counts: some servers read it", "Accept-Language", "|Accept-Language: de, en", "|Accept-Language: en, de", false)]
    [InlineData("media types in any spacing", "Accept", "|Accept: a/b, c/d", "|Accept: a/b ,c/d", true)]
    [InlineData("empty Vary", "", "|Foo: 1", "|Foo: 2", true)]
    public void Variant_IsSelectedByTheFieldsThatVaryNames(string what, string vary, string stored, string asked, bool matches)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /" + stored, $"200|Cache-Control: max-age=60|Vary: {vary}");
        var lookup = scenario.Find("GET /" + asked);
        Assert.True((matches ? MissReason.None : MissReason.VaryMiss) == lookup.Reason, $"{what}: {lookup.Reason}");
    }

    [Fact]
    public void VaryOnSeveralLines_NamesAllOfThem()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /|A: 1|B: 1", "200|Cache-Control: max-age=60|Vary: A|Vary: B");
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /|A: 1|B: 1").Outcome);
        Assert.Equal(MissReason.VaryMiss, scenario.Find("GET /|A: 1|B: 2").Reason);
    }

    [Fact]
    public void Variants_StandSideBySide()
    {
        var scenario = new CacheScenario();
        foreach (var v in (string[])["1", "2", "3"])
            scenario.Fetch("GET /|Foo: " + v, "200|Cache-Control: max-age=60|Vary: Foo", "body " + v);
        foreach (var v in (string[])["1", "2", "3"])
            Assert.Equal("body " + v, CacheScenario.Text(scenario.Find("GET /|Foo: " + v).Reply!));
        // The same variant again replaces its own.
        scenario.Fetch("GET /|Foo: 2|Cache-Control: no-cache", "200|Cache-Control: max-age=60|Vary: Foo", "new");
        Assert.Equal("new", CacheScenario.Text(scenario.Find("GET /|Foo: 2").Reply!));
        Assert.Equal("body 3", CacheScenario.Text(scenario.Find("GET /|Foo: 3").Reply!));
        Assert.Equal(3, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void SeveralMatch_TheLatestDateIsUsed()
    {
        // RFC 9111 s.4.1: two variants with different Vary may both match.
        var scenario = new CacheScenario();
        scenario.Fetch("GET /|Foo: 1|Bar: 1", "200|Cache-Control: max-age=600|Vary: Foo|Date: @-5", "older");
        scenario.Fetch("GET /|Foo: 2|Bar: 2", "200|Cache-Control: max-age=600|Vary: Bar", "newer");
        Assert.Equal("newer", CacheScenario.Text(scenario.Find("GET /|Foo: 1|Bar: 2").Reply!));
    }

    [Fact]
    public void Variants_AreBounded()
    {
        var scenario = new CacheScenario();
        for (var i = 0; i < 100; i++)
            scenario.Fetch($"GET /|Foo: {i}", "200|Cache-Control: max-age=60|Vary: Foo");
        Assert.Equal(32, scenario.Cache.Counters.Entries);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /|Foo: 99").Outcome);
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET /|Foo: 0").Outcome);
    }
}
