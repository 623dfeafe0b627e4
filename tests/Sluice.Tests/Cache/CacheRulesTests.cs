using Sluice.Cache;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cache;

/// <summary>Rules as the configuration has them, in a line each: see <see cref="Rule"/>.</summary>
public class CacheRulesTests
{
    private const int Hour = 3600;

    [Theory]
    // The rule, the answer to GET http://origin.test/a/b.png?q, and for how long it is fresh; -1: not stored.
    [InlineData("ttl=1h", "200", Hour)]
    [InlineData("ttl=1h", "200|Last-Modified: @-86400", Hour)]
    [InlineData("ttl=1h", "200|Cache-Control: max-age=60", 60)]
    [InlineData("ttl=1h", "200|Cache-Control: s-maxage=60", 60)]
    [InlineData("ttl=1h", "200|Expires: @+60|Date: @+0", 60)]
    [InlineData("ttl=1h", "200|Cache-Control: max-age=0|ETag: \"a\"", 0)]
    [InlineData("ttl=1h override", "200|Cache-Control: max-age=60", Hour)]
    [InlineData("ttl=1h override", "200|Cache-Control: s-maxage=60", Hour)]
    [InlineData("ttl=1h override", "200|Expires: 0", Hour)]
    [InlineData("ttl=1h override", "200|Cache-Control: no-cache|ETag: \"a\"", Hour)]
    [InlineData("ttl=0s override", "200|Cache-Control: max-age=60|ETag: \"a\"", 0)]
    [InlineData("minTtl=1h", "200|Cache-Control: max-age=60", Hour)]
    [InlineData("minTtl=1h", "200|Cache-Control: max-age=7200", 2 * Hour)]
    [InlineData("minTtl=1h", "200", Hour)]
    [InlineData("minTtl=1h", "200|Cache-Control: no-cache|ETag: \"a\"", 0)]
    [InlineData("maxTtl=1h", "200|Cache-Control: max-age=7200", Hour)]
    [InlineData("maxTtl=1h", "200|Cache-Control: max-age=60", 60)]
    [InlineData("maxTtl=0s", "200|Cache-Control: max-age=60|ETag: \"a\"", 0)]
    [InlineData("ttl=2h maxTtl=1h", "200", Hour)]
    // What no rule may do.
    [InlineData("ttl=1h override", "200|Cache-Control: no-store", -1)]
    [InlineData("ttl=1h override", "200|Cache-Control: private", -1)]
    [InlineData("ttl=1h override", "200|Cache-Control: max-age=60, private", -1)]
    [InlineData("ttl=1h override", "200|Set-Cookie: id=1", -1)]
    [InlineData("ttl=1h override", "200|Vary: *", -1)]
    [InlineData("minTtl=1h", "200|Cache-Control: no-store", -1)]
    // Status: without a condition successes and permanent redirects.
    [InlineData("ttl=1h", "301|Location: /x", Hour)]
    [InlineData("ttl=1h", "302|Location: /x", -1)]
    [InlineData("ttl=1h", "404", -1)]
    [InlineData("ttl=1h override", "404|Cache-Control: max-age=60", 60)]
    [InlineData("ttl=1h", "500", -1)]
    [InlineData("ttl=1h status=302", "302|Location: /x", Hour)]
    [InlineData("ttl=1h status=4xx", "404", Hour)]
    [InlineData("ttl=1h status=4xx", "200", -1)]
    // Types.
    [InlineData("ttl=1h types=image/*", "200|Content-Type: image/png", Hour)]
    [InlineData("ttl=1h types=image/*", "200|Content-Type: IMAGE/PNG; q=1", Hour)]
    [InlineData("ttl=1h types=image/*", "200|Content-Type: text/html", -1)]
    [InlineData("ttl=1h types=image/*", "200", -1)]
    [InlineData("ttl=1h types=text/html,image/png", "200|Content-Type: image/png", Hour)]
    // Hosts and paths.
    [InlineData("ttl=1h hosts=origin.test", "200", Hour)]
    [InlineData("ttl=1h hosts=.test", "200", Hour)]
    [InlineData("ttl=1h hosts=*.origin.test", "200", -1)]
    [InlineData("ttl=1h paths=/a/*", "200", Hour)]
    [InlineData("ttl=1h paths=*.png", "200", Hour)]
    [InlineData("ttl=1h paths=/A/*", "200", -1)]
    [InlineData("ttl=1h paths=/a", "200", -1)]
    [InlineData("ttl=1h paths=/x,/a/*.png hosts=other.test,origin.test", "200", Hour)]
    // In order; the first that matches and says something about it.
    [InlineData("ttl=1h paths=/x/*; ttl=2h", "200", 2 * Hour)]
    [InlineData("ttl=1h; ttl=2h", "200", Hour)]
    [InlineData("sortQuery; ttl=2h", "200", 2 * Hour)]
    [InlineData("staleIfError=1h; ttl=2h", "200", 0)]
    public void Rule_SetsTheLifetime(string rules, string answer, int seconds)
    {
        var scenario = new CacheScenario(rules: Rules(rules));
        var kind = scenario.Fetch("GET /a/b.png?q", answer).Kind;
        Assert.Equal(seconds < 0 ? AdmissionKind.Pass : AdmissionKind.Store, kind);
        if (seconds < 0)
            return;
        scenario.Wait(Math.Max(0, seconds - 1));
        Assert.Equal(seconds > 0, scenario.Find("GET /a/b.png?q").Outcome == LookupOutcome.Hit);
        scenario.Wait(1);
        Assert.NotEqual(LookupOutcome.Hit, scenario.Find("GET /a/b.png?q").Outcome);
    }

    [Fact]
    public void AuthorizedAnswer_IsNotStoredByRule()
    {
        // RFC 9111 s.3.5
        var scenario = new CacheScenario(rules: Rules("ttl=1h override"));
        Assert.Equal(NotStoredReason.Authorization, scenario.Fetch("GET /|Authorization: Basic eA==", "200|Cache-Control: max-age=60").Reason);
    }

    [Fact]
    public async Task NotModifiedToAnAuthorizedRequest_ChangesNothingThatARuleHasStored()
    {
        // RFC 9111 s.3.5: what the rule makes of no-cache is no permission of the origin's.
        var scenario = new CacheScenario(rules: Rules("ttl=1h override"));
        scenario.Fetch("GET /", "200|ETag: \"a\"|Cache-Control: no-cache");
        scenario.Wait(Hour);
        scenario.Fetch("GET /|Authorization: Basic eA==", "304|ETag: \"a\"|Cache-Control: no-cache|X-User: me");
        Assert.Null((await scenario.Cache.Care.ShowAsync(scenario.Request("GET /"), "")).Variants[0].Fields.FirstOrDefault(f => f.Name == "X-User").Value);
    }

    [Theory]
    // The rule, the origin's directives, seconds after the end of a lifetime of 60, and what becomes of a request.
    [InlineData("staleWhileRevalidate=1h", "max-age=60", 100, LookupOutcome.HitStale)]
    [InlineData("staleWhileRevalidate=1h", "max-age=60", 4000, LookupOutcome.Revalidate)]
    [InlineData("staleWhileRevalidate=1h", "max-age=60, stale-while-revalidate=10", 100, LookupOutcome.Revalidate)]
    [InlineData("staleWhileRevalidate=1h override", "max-age=60, stale-while-revalidate=10", 100, LookupOutcome.HitStale)]
    [InlineData("staleWhileRevalidate=1h override", "max-age=60, must-revalidate", 100, LookupOutcome.Revalidate)]
    [InlineData("ttl=1m override staleWhileRevalidate=1h", "no-cache", 100, LookupOutcome.Revalidate)]
    public void Rule_LetsStaleAnswersBeServed(string rules, string directives, int after, LookupOutcome outcome)
    {
        var scenario = new CacheScenario(rules: Rules(rules));
        scenario.Fetch("GET /", $"200|ETag: \"a\"|Cache-Control: {directives}");
        scenario.Wait(60 + after);
        Assert.Equal(outcome, scenario.Find("GET /").Outcome);
    }

    [Fact]
    public void NotModified_KeepsTheLifetimeOfTheRule()
    {
        var scenario = new CacheScenario(rules: Rules("ttl=1h override"));
        scenario.Fetch("GET /", "200|ETag: \"a\"|Cache-Control: max-age=60");
        scenario.Wait(Hour);
        Assert.Equal(AdmissionKind.Serve, scenario.Fetch("GET /", "304|ETag: \"a\"|Cache-Control: max-age=60").Kind);
        scenario.Wait(Hour - 1);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
    }

    [Theory]
    // GET of the first is stored; does GET of the second find it?
    [InlineData("ignoreQuery=utm_*", "/p?utm_id=1&b=2", "/p?b=2", true)]
    [InlineData("ignoreQuery=utm_*", "/p?b=2&utm_id=1", "/p?utm_x=5&b=2&utm_id", true)]
    [InlineData("ignoreQuery=utm_*", "/p?utm_id=1", "/p", true)]
    [InlineData("ignoreQuery=utm_*", "/p?b=2", "/p?b=3", false)]
    [InlineData("ignoreQuery=utm_*,fbclid", "/p?fbclid=9", "/p", true)]
    [InlineData("ignoreQuery=utm_*", "/p?xutm_id=1", "/p", false)]
    [InlineData("ignoreQuery=utm_*", "/p?UTM_ID=1", "/p", false)]
    [InlineData("ignoreQuery=all", "/p?a=1&b", "/p?c", true)]
    [InlineData("ignoreQuery=all", "/p?a=1", "/q", false)]
    [InlineData("sortQuery", "/p?b=1&a=2", "/p?a=2&b=1", true)]
    [InlineData("sortQuery ignoreQuery=x", "/p?b=1&x=9&a=2", "/p?a=2&b=1", true)]
    // Attacks: what the origin may read otherwise than we do stays apart.
    [InlineData("sortQuery", "/p?a=1&a=2", "/p?a=2&a=1", false)]
    [InlineData("sortQuery", "/p?b=1;a=2&a=3", "/p?a=3&b=1;a=2", false)]
    [InlineData("ignoreQuery=utm_*", "/p?utm_id=1;page=evil", "/p", false)]
    [InlineData("ignoreQuery=utm_*", "/p?utm%5Fid=1", "/p", false)]
    [InlineData("ignoreQuery=utm_*", "/p?a=1?utm_id=2", "/p?a=1", false)]
    [InlineData("ignoreQuery=utm_*", "/p;utm_id=1", "/p", false)]
    [InlineData("ignoreQuery=utm_* paths=/p", "/p/?utm_id=1", "/p/", false)]
    [InlineData("ignoreQuery=all paths=/static/*", "/static/..%2faccount?id=1", "/static/..%2faccount?id=2", false)]
    [InlineData("ignoreQuery=all paths=/static/*", "/static/%2e%2e/account?id=1", "/static/%2e%2e/account?id=2", false)]
    [InlineData("ignoreQuery=all paths=/static/*", "/static/a%2fb?id=1", "/static/a%2fb?id=2", true)]
    public void Rule_ShapesTheKey(string rules, string stored, string asked, bool found)
    {
        var scenario = new CacheScenario(rules: Rules(rules));
        scenario.Fetch($"GET {stored}", "200|Cache-Control: max-age=60");
        var lookup = scenario.Find($"GET {asked}");
        Assert.Equal(found ? LookupOutcome.Hit : LookupOutcome.Miss, lookup.Outcome);
        // What goes to the origin is what the client sent.
        Assert.Equal(asked, lookup.Request.Target.PathAndQuery);
    }

    [Theory]
    [InlineData("POST /p?utm_id=7", "200")]
    [InlineData("POST /other", "201|Location: /p?utm_id=8&b=1")]
    public void UnsafeRequest_InvalidatesUnderTheShapedKey(string request, string answer)
    {
        var scenario = new CacheScenario(rules: Rules("ignoreQuery=*"));
        scenario.Fetch("GET /p?utm_id=1", "200|Cache-Control: max-age=60|ETag: \"a\"");
        scenario.Receive(scenario.Find(request), answer);
        Assert.Equal(MissReason.Invalidated, scenario.Find("GET /p").Reason);
    }

    [Theory]
    [InlineData("bypass paths=/api/*", "GET /api/x", LookupOutcome.Bypass)]
    [InlineData("bypass paths=/api/*", "GET /api", LookupOutcome.Miss)]
    [InlineData("bypass paths=/api/*", "GET //api/x", LookupOutcome.Bypass)]
    [InlineData("bypass paths=/api/*", "GET /y/..%2fapi/x", LookupOutcome.Bypass)]
    [InlineData("bypass paths=/api/*", "GET /api/..%2fy", LookupOutcome.Bypass)]
    [InlineData("bypass paths=*/.git/*", "GET /a/.git/config", LookupOutcome.Bypass)]
    [InlineData("bypass paths=*.php", "GET /a/b.php?c", LookupOutcome.Bypass)]
    [InlineData("bypass paths=/%7ejoe/*", "GET /~joe/x", LookupOutcome.Bypass)]
    [InlineData("bypass hosts=.origin.test", "GET http://www.origin.test/", LookupOutcome.Bypass)]
    [InlineData("sortQuery paths=/api/open; bypass paths=/api/*", "GET /api/open", LookupOutcome.Miss)]
    public void Rule_BypassesTheCache(string rules, string request, LookupOutcome outcome) =>
        Assert.Equal(outcome, new CacheScenario(rules: Rules(rules)).Find(request).Outcome);

    [Theory]
    [InlineData("Cache-Control: no-cache", true)]
    [InlineData("Cache-Control: max-age=0", true)]
    [InlineData("Pragma: no-cache", true)]
    [InlineData("Cache-Control: max-age=5", false)]
    [InlineData("Cache-Control: min-fresh=100", false)]
    public void IgnoredReload_IsServedFromTheCache(string field, bool hit)
    {
        var scenario = new CacheScenario(rules: Rules("ignoreReload"));
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60");
        scenario.Wait(10);
        Assert.Equal(hit, scenario.Find($"GET /|{field}").Outcome == LookupOutcome.Hit);
        Assert.False(new CacheScenario(rules: Rules("sortQuery")).Find($"GET /|{field}").Outcome == LookupOutcome.Hit);
    }

    [Fact]
    public void LookupWithRules_AllocatesNothingForThem()
    {
        var rules = CacheRules.Of(Rules("bypass paths=/x/*; sortQuery hosts=.b.test; ignoreQuery=utm_* hosts=origin.test paths=/a*"))!;
        var target = new RequestTarget(TargetForm.Absolute, "http", "origin.test", 80, "/a/b?c=1&d=2");
        Assert.NotNull(rules.ForLookup(target));
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 100; i++)
                Assert.Same(target.PathAndQuery, rules.ForLookup(target)!.KeyPath(target.PathAndQuery));
        }));
    }

    /// <summary><c>ttl=1h override; bypass paths=/a,/b</c></summary>
    internal static CacheRuleOptions[] Rules(string text) => [.. text.Split(';', StringSplitOptions.TrimEntries).Select(Rule)];

    private static CacheRuleOptions Rule(string text, int number)
    {
        var rule = new CacheRuleOptions { Id = $"r{number}" };
        foreach (var part in text.Split(' '))
        {
            var (name, value) = part.Split('=', 2) is [var n, var v] ? (n, v) : (part, "");
            var list = value.Split(',');
            rule = name switch
            {
                "ttl" => rule with { Ttl = Span(value) },
                "minTtl" => rule with { MinTtl = Span(value) },
                "maxTtl" => rule with { MaxTtl = Span(value) },
                "staleWhileRevalidate" => rule with { StaleWhileRevalidate = Span(value) },
                "staleIfError" => rule with { StaleIfError = Span(value) },
                "override" => rule with { Override = true },
                "sortQuery" => rule with { SortQuery = true },
                "ignoreReload" => rule with { IgnoreReload = true },
                "bypass" => rule with { Bypass = true },
                "ignoreQuery" => value == "all" ? rule with { IgnoreAllQuery = true } : rule with { IgnoreQuery = list },
                "types" => rule with { Types = list },
                "paths" => rule with { Paths = list },
                "status" => rule with { Status = [value == "4xx" ? new StatusRange(400, 499) : new StatusRange(int.Parse(value), int.Parse(value))] },
                "hosts" => rule with { Hosts = [.. list.Select(h => HostPattern.TryParse(h, out var pattern) is null ? pattern : throw new FormatException(h))] },
                _ => throw new FormatException(name),
            };
        }
        return rule;
    }

    private static TimeSpan Span(string text) => int.Parse(text[..^1]) * (text[^1] switch { 'h' => TimeSpan.FromHours(1), 'm' => TimeSpan.FromMinutes(1), _ => TimeSpan.FromSeconds(1) });
}
