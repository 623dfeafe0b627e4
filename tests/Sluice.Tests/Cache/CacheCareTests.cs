using Sluice.Cache;
using Sluice.Http;

namespace Sluice.Tests.Cache;

public class CacheCareTests
{
    [Theory]
    [InlineData("Cache-Groups: \"a\", \"b c\"", "a|b c")]
    [InlineData("Cache-Groups: \"a\\\"b\";x=\"p, q\", \"c\"", "a\"b|c")]
    [InlineData("Cache-Groups: \"a\", b, \"c\"", "")]
    [InlineData("Cache-Groups: \"a\",", "")]
    [InlineData("Cache-Groups: \"open", "")]
    [InlineData("Surrogate-Key: a  b", "a|b")]
    [InlineData("Cache-Tag: a, b,c", "a|b|c")]
    [InlineData("xkey: a", "a")]
    [InlineData("X-Other: a", "")]
    public void Tags_AreReadFromTheirFields(string line, string tags)
    {
        var fields = new FieldList([new(line.Split(": ", 2)[0], line.Split(": ", 2)[1])]);
        string[] expected = tags.Length == 0 ? [] : tags.Split('|');
        Assert.Equal(expected, EntryTags.Of(fields));
        Assert.All(expected, tag => Assert.True(EntryTags.Has(fields, tag)));
        Assert.False(EntryTags.Has(fields, "open"));
        Assert.False(EntryTags.Has(fields, ""));
    }

    [Fact]
    public async Task PurgedUrl_IsGoneWithAllItsVariantsAndNoOther()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /a|Accept-Language: de", "200|Cache-Control: max-age=60|Vary: Accept-Language");
        scenario.Fetch("GET /a|Accept-Language: fr", "200|Cache-Control: max-age=60|Vary: Accept-Language");
        scenario.Fetch("GET /a?b", "200|Cache-Control: max-age=60");
        var target = scenario.Request("GET /a").Target;
        Assert.Equal(new Purged(0, false), (await scenario.Cache.Care.PurgeAsync(target, ["app"], soft: false)));
        Assert.Equal(new Purged(2, false), (await scenario.Cache.Care.PurgeAsync(target, ["app", ""], soft: false)));
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET /a|Accept-Language: de").Outcome);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /a?b").Outcome);
        Assert.Equal(1, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public async Task FetchThatBeganBeforeThePurgeOfItsUrl_IsNotStored()
    {
        var scenario = new CacheScenario();
        var admission = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60");
        await scenario.Cache.Care.PurgeAsync(scenario.Request("GET /").Target, [""], soft: false);
        admission.Writer!.Append("hello"u8);
        Assert.False(admission.Writer.Commit());
    }

    [Fact]
    public async Task SoftlyPurgedUrl_IsValidated()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60|ETag: \"a\"");
        scenario.Wait(5);
        Assert.Equal(new Purged(1, true), (await scenario.Cache.Care.PurgeAsync(scenario.Request("GET /").Target, [""], soft: true)));
        scenario.Wait(1);
        Assert.Equal((LookupOutcome.Revalidate, -1L), (scenario.Find("GET /").Outcome, Assert.Single(scenario.Cache.Care.List(new EntrySelector())).FreshFor));
    }

    [Fact]
    public async Task UrlUnderARule_IsPurgedUnderItsKey()
    {
        var scenario = new CacheScenario(rules: CacheRulesTests.Rules("ignoreQuery=utm_*"));
        scenario.Fetch("GET /a?utm_id=1", "200|Cache-Control: max-age=60");
        Assert.Equal(1, (await scenario.Cache.Care.PurgeAsync(scenario.Request("GET /a?utm_id=2").Target, [""], soft: false)).Entries);
    }

    [Fact]
    public async Task Shown_IsTheArithmeticOfTheRfc()
    {
        var scenario = new CacheScenario();
        // Sent, answered 3 s later with an Age of 7, dated 5 s before that; then 20 s pass.
        scenario.Fetch("GET /|Accept-Language: de", "200|Cache-Control: max-age=60, stale-while-revalidate=9|Age: 7|Date: @-2|Vary: Accept-Language|Cache-Tag: x", delaySeconds: 3);
        scenario.Wait(20);
        var answers = (await scenario.Cache.Care.ShowAsync(scenario.Request("GET /|Accept-Language: de"), ""));
        Assert.Equal(("http://origin.test/", "", "hit", null), (answers.Url, answers.Route, answers.Verdict, answers.Rule));
        var variant = Assert.Single(answers.Variants);
        Assert.True(variant.Selected);
        Assert.Equal(("de", "x", 5L), (variant.Vary["accept-language"], Assert.Single(variant.Tags), variant.Bytes));
        var f = variant.Freshness;
        Assert.Equal((7, 3, 10, 20, 30), (f.AgeValue, f.ResponseDelay, f.CorrectedInitialAge, f.ResidentTime, f.CurrentAge));
        Assert.Equal((60, "max-age", 30, 9L, null, false), (f.Lifetime, f.LifetimeFrom, f.FreshFor, f.StaleWhileRevalidate, f.StaleIfError, f.ForbidsStale));
        // Date counts whole seconds, and so does the time of receipt beside it.
        Assert.Equal(f.ApparentAge, Math.Floor((f.ResponseTime - f.Date).TotalSeconds));
    }

    [Theory]
    [InlineData("max-age=60", "max-age", "", "hit", "the stored answer is fresh")]
    [InlineData("s-maxage=60", "s-maxage", "", "hit", "the stored answer is fresh")]
    [InlineData("max-age=60", "max-age", "|Cache-Control: no-cache", "revalidate", "the client asks for validation")]
    [InlineData("max-age=0", "max-age", "", "revalidate", "the stored answer is stale")]
    [InlineData("public", "heuristic", "", "hit", "the stored answer is fresh")]
    [InlineData("max-age=0", "max-age", "|Cache-Control: max-stale", "stale-hit", "stale, and the client's max-stale takes it")]
    [InlineData("max-age=60", "max-age", "|If-Match: \"a\"", "miss", "the client's condition is for the origin alone")]
    public async Task Shown_IsWhatAGetWouldGetAndWhy(string directives, string from, string fields, string verdict, string reason)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|Cache-Control: {directives}|ETag: \"a\"|Last-Modified: @-86400");
        scenario.Wait(1);
        var answers = (await scenario.Cache.Care.ShowAsync(scenario.Request("GET /" + fields), ""));
        Assert.Equal((verdict, reason, from), (answers.Verdict, answers.Reason, Assert.Single(answers.Variants).Freshness.LifetimeFrom));
    }

    [Theory]
    [InlineData("GET /api/x", "bypass", "the rule 'r0' bypasses the cache")]
    [InlineData("GET /x", "miss", "nothing is stored for this URI")]
    public async Task ShownWithoutAnEntry_SaysWhy(string request, string verdict, string reason)
    {
        var scenario = new CacheScenario(rules: CacheRulesTests.Rules("bypass paths=/api/*"));
        var answers = (await scenario.Cache.Care.ShowAsync(scenario.Request(request), ""));
        Assert.Equal((verdict, reason), (answers.Verdict, answers.Reason));
        Assert.Empty(answers.Variants);
    }

    [Fact]
    public async Task LifetimeOfARule_IsShownWithItsName()
    {
        var scenario = new CacheScenario(rules: CacheRulesTests.Rules("ttl=1h override"));
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60");
        Assert.Equal("rule r0", (await scenario.Cache.Care.ShowAsync(scenario.Request("GET /"), "")).Variants[0].Freshness.LifetimeFrom);
    }

    [Fact]
    public async Task Looking_CountsAsNoUse()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60");
        var before = scenario.Cache.Counters;
        await scenario.Cache.Care.ShowAsync(scenario.Request("GET /"), "");
        Assert.Single(scenario.Cache.Care.List(new EntrySelector()));
        Assert.Equal(before, scenario.Cache.Counters);
    }
}
