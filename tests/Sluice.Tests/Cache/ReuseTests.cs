using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class ReuseTests
{
    private const LookupOutcome Hit = LookupOutcome.Hit;
    private const LookupOutcome HitStale = LookupOutcome.HitStale;
    private const LookupOutcome Revalidate = LookupOutcome.Revalidate;
    private const LookupOutcome OnlyIfCached = LookupOutcome.OnlyIfCached;

    /// <summary>Each row: an answer fresh for 60 s, asked for again after so many seconds.</summary>
    [Theory]
    // RFC 9111 s.5.2.1: what the request says
    [InlineData("s.4", "", "", 59, Hit, MissReason.None)]
    [InlineData("s.4.2 lifetime > age", "", "", 60, Revalidate, MissReason.Stale)]
    [InlineData("s.5.2.1.1 max-age", "|Cache-Control: max-age=10", "", 10, Hit, MissReason.None)]
    [InlineData("s.5.2.1.1 max-age", "|Cache-Control: max-age=10", "", 11, Revalidate, MissReason.RequestMaxAge)]
    [InlineData("s.5.2.1.1 max-age=0", "|Cache-Control: max-age=0", "", 1, Revalidate, MissReason.RequestMaxAge)]
    [InlineData("s.5.2.1.1 a bad number asks for none but the newest", "|Cache-Control: max-age=x", "", 1, Revalidate, MissReason.RequestMaxAge)]
    [InlineData("s.5.2.1.2 max-stale", "|Cache-Control: max-stale=10", "", 70, Hit, MissReason.Stale)]
    [InlineData("s.5.2.1.2 max-stale exceeded", "|Cache-Control: max-stale=10", "", 71, Revalidate, MissReason.Stale)]
    [InlineData("s.5.2.1.2 max-stale without argument", "|Cache-Control: max-stale", "", 100000, Hit, MissReason.Stale)]
    [InlineData("s.5.2.1.2 a bad number permits nothing", "|Cache-Control: max-stale=x", "", 61, Revalidate, MissReason.Stale)]
    [InlineData("s.5.2.1.3 min-fresh", "|Cache-Control: min-fresh=20", "", 40, Hit, MissReason.None)]
    [InlineData("s.5.2.1.3 min-fresh", "|Cache-Control: min-fresh=20", "", 41, Revalidate, MissReason.RequestMinFresh)]
    [InlineData("s.5.2.1.4 no-cache", "|Cache-Control: no-cache", "", 1, Revalidate, MissReason.RequestNoCache)]
    [InlineData("s.5.2.1.4 in any case", "|Cache-Control: NO-CACHE", "", 1, Revalidate, MissReason.RequestNoCache)]
    [InlineData("s.5.2.1.5 no-store does not keep from serving", "|Cache-Control: no-store", "", 1, Hit, MissReason.None)]
    [InlineData("s.5.2.1.7 only-if-cached", "|Cache-Control: only-if-cached", "", 1, Hit, MissReason.None)]
    [InlineData("s.5.2.1.7 only-if-cached, stale", "|Cache-Control: only-if-cached", "", 61, OnlyIfCached, MissReason.Stale)]
    [InlineData("s.5.2.1.7 only-if-cached and max-stale", "|Cache-Control: only-if-cached, max-stale", "", 61, Hit, MissReason.Stale)]
    [InlineData("s.5.4 Pragma", "|Pragma: no-cache", "", 1, Revalidate, MissReason.RequestNoCache)]
    [InlineData("s.5.4 Pragma beside Cache-Control is ignored", "|Pragma: no-cache|Cache-Control: max-age=30", "", 1, Hit, MissReason.None)]
    [InlineData("s.5.4 Pragma of another kind", "|Pragma: x", "", 1, Hit, MissReason.None)]
    // s.5.2.2: what the answer says
    [InlineData("s.5.2.2.4 no-cache", "", ", no-cache", 1, Revalidate, MissReason.ResponseNoCache)]
    [InlineData("s.5.2.2.4 with names", "", ", no-cache=\"x\"", 1, Hit, MissReason.None)]
    [InlineData("s.5.2.2.4 both forms", "", ", no-cache=\"x\", no-cache", 1, Revalidate, MissReason.ResponseNoCache)]
    [InlineData("s.5.2.2.2 must-revalidate, fresh", "", ", must-revalidate", 59, Hit, MissReason.None)]
    [InlineData("s.5.2.2.2 must-revalidate forbids stale", "|Cache-Control: max-stale", ", must-revalidate", 61, Revalidate, MissReason.Stale)]
    [InlineData("s.5.2.2.8 proxy-revalidate forbids stale", "|Cache-Control: max-stale", ", proxy-revalidate", 61, Revalidate, MissReason.Stale)]
    [InlineData("s.5.2.2.10 s-maxage forbids stale", "|Cache-Control: max-stale", ", s-maxage=60", 61, Revalidate, MissReason.Stale)]
    // RFC 8246
    [InlineData("RFC 8246 s.2 a reload of a fresh immutable answer", "|Cache-Control: max-age=0", ", immutable", 1, Hit, MissReason.None)]
    [InlineData("RFC 8246 s.2 no-cache still asks", "|Cache-Control: no-cache", ", immutable", 1, Revalidate, MissReason.RequestNoCache)]
    [InlineData("RFC 8246 s.2 stale is stale", "", ", immutable", 61, Revalidate, MissReason.Stale)]
    // RFC 5861
    [InlineData("RFC 5861 s.3", "", ", stale-while-revalidate=30", 90, HitStale, MissReason.Stale)]
    [InlineData("RFC 5861 s.3 over", "", ", stale-while-revalidate=30", 91, Revalidate, MissReason.Stale)]
    [InlineData("RFC 5861 s.3 not beside must-revalidate", "", ", stale-while-revalidate=30, must-revalidate", 61, Revalidate, MissReason.Stale)]
    [InlineData("RFC 5861 s.3 not where the client wants fresher", "|Cache-Control: max-age=5", ", stale-while-revalidate=30", 61, Revalidate, MissReason.RequestMaxAge)]
    // s.4.3.2: conditions for the origin alone
    [InlineData("s.4.3.2 If-Match", "|If-Match: \"a\"", "", 1, LookupOutcome.Miss, MissReason.OriginCondition)]
    [InlineData("s.4.3.2 If-Unmodified-Since", "|If-Unmodified-Since: @+0", "", 1, LookupOutcome.Miss, MissReason.OriginCondition)]
    // a body is not in the key
    [InlineData("RFC 9110 s.9.3.1", "|Content-Length: 3", "", 1, LookupOutcome.Bypass, MissReason.RequestBody)]
    [InlineData("RFC 9110 s.9.3.1 an empty one is none", "|Content-Length: 0", "", 1, Hit, MissReason.None)]
    // s.3.5: a stored answer serves a request with Authorization
    [InlineData("s.3.5", "|Authorization: Basic eDp5", "", 1, Hit, MissReason.None)]
    public void StoredAnswer_IsReusedOrNot(string clause, string request, string directives, int afterSeconds, LookupOutcome outcome, MissReason reason)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|Cache-Control: max-age=60{directives}|ETag: \"a\"");
        scenario.Wait(afterSeconds);
        var lookup = scenario.Find("GET /" + request);
        Assert.True((outcome, reason) == (lookup.Outcome, lookup.Reason), $"{clause}: {lookup.Outcome} {lookup.Reason}");
        Assert.Equal(outcome is Hit or HitStale, lookup.Reply is not null);
        Assert.Equal(outcome is Revalidate, lookup.Validators is not null);
        Assert.Equal(outcome is HitStale, lookup.Refresh is not null);
        if (lookup.Reply is { } reply)
            Assert.Equal((200, CacheScenario.Body), (reply.Status, CacheScenario.Text(reply)));
    }

    [Fact]
    public void NothingStored_IsAMiss()
    {
        var scenario = new CacheScenario();
        var lookup = scenario.Find("GET /");
        Assert.Equal((LookupOutcome.Miss, MissReason.UriMiss), (lookup.Outcome, lookup.Reason));
        lookup = scenario.Find("GET /|Cache-Control: only-if-cached");
        Assert.Equal((LookupOutcome.OnlyIfCached, MissReason.UriMiss), (lookup.Outcome, lookup.Reason));
    }

    [Theory]
    // RFC 9111 s.2, s.7.1: the key
    [InlineData("another path", "GET /b", "")]
    [InlineData("another query", "GET /a?x=1", "")]
    [InlineData("another spelling", "GET /%61", "")]
    [InlineData("path and query are case-sensitive", "GET /A", "")]
    [InlineData("another host", "GET http://other.test/a", "")]
    [InlineData("another port", "GET http://origin.test:81/a", "")]
    [InlineData("another scheme on the same port", "GET https://origin.test:80/a", "")]
    [InlineData("another scope", "GET /a", "route")]
    public void AnotherKey_IsAMiss(string what, string request, string scope)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /a", "200|Cache-Control: max-age=60");
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /a").Outcome);
        Assert.True(scenario.Find(request, scope).Reason == MissReason.UriMiss, what);
    }

    [Fact]
    public void HostOfAnotherSiteThroughAReverseRoute_NeverReachesTheForwardProxy()
    {
        var scenario = new CacheScenario(scope: "route");
        scenario.Fetch("GET http://victim.test/", "200|Cache-Control: max-age=60", "poison");
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET http://victim.test/").Outcome);
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET http://victim.test/", scope: "").Outcome);
    }

    [Fact]
    public void StaleWhileRevalidate_RefreshesOnceAtATime()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=10, stale-while-revalidate=1000|ETag: \"a\"|Last-Modified: @-100");
        scenario.Wait(20);
        var first = scenario.Find("HEAD /|Range: bytes=0-1|If-None-Match: \"z\"|Cache-Control: max-stale=0|Accept: x");
        Assert.Equal(LookupOutcome.HitStale, first.Outcome);
        Assert.Equal("sluice; hit; ttl=-10", first.Reply!.CacheStatus.ToString());
        Assert.Equal(("GET", "x"), (first.Refresh!.Request.Method, first.Refresh.Request.Fields.Get("Accept")));
        Assert.Single(first.Refresh.Request.Fields);
        Assert.Equal("\"a\"", first.Refresh.Validators!.Get("If-None-Match"));
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
        // A refresh that never came back does not keep others from trying.
        scenario.Wait(31);
        var second = scenario.Find("GET /");
        Assert.Equal(LookupOutcome.HitStale, second.Outcome);
        Assert.Equal(AdmissionKind.Serve, scenario.Receive(second.Refresh!, "304|ETag: \"a\"|Cache-Control: max-age=10").Kind);
        Assert.Equal(MissReason.None, scenario.Find("GET /").Reason);
    }

    /// <summary>Each row: an answer fresh for 60 s, and the origin fails after so many seconds.</summary>
    [Theory]
    [InlineData("s.4.2.4 disconnected", "", "", 100, true)]
    [InlineData("s.4.2.4 disconnected for longer than a day", "", "", 86400 + 61, false)]
    [InlineData("s.5.2.2.2 must-revalidate", "", ", must-revalidate", 100, false)]
    [InlineData("s.5.2.2.8 proxy-revalidate", "", ", proxy-revalidate", 100, false)]
    [InlineData("s.5.2.2.10 s-maxage", "", ", s-maxage=60", 100, false)]
    [InlineData("s.5.2.2.4 no-cache", "", ", no-cache", 30, false)]
    [InlineData("s.5.2.1.4 the client says no-cache", "|Cache-Control: no-cache", "", 100, false)]
    [InlineData("s.5.2.1.1 the client wants fresher", "|Cache-Control: max-age=5", "", 100, false)]
    [InlineData("RFC 5861 s.4 within", "", ", stale-if-error=100", 160, true)]
    [InlineData("RFC 5861 s.4 beyond", "", ", stale-if-error=100", 161, false)]
    [InlineData("RFC 5861 s.4 the client's", "|Cache-Control: stale-if-error=100", "", 160, true)]
    public void UnreachableOrigin_StaleAnswerStandsIn(string clause, string request, string directives, int afterSeconds, bool served)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|Cache-Control: max-age=60{directives}|ETag: \"a\"");
        scenario.Wait(afterSeconds);
        var reply = scenario.Cache.InsteadOfError(scenario.Find("GET /" + request));
        Assert.True(served == reply is not null, clause);
        if (reply is not null)
            Assert.EndsWith("; detail=stale-if-error", reply.CacheStatus.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RFC 5861 s.4", 500, "", ", stale-if-error=100", true)]
    [InlineData("RFC 5861 s.4", 502, "", ", stale-if-error=100", true)]
    [InlineData("RFC 5861 s.4", 503, "", ", stale-if-error=100", true)]
    [InlineData("RFC 5861 s.4", 504, "|Cache-Control: stale-if-error=100", "", true)]
    [InlineData("RFC 5861 s.4 no other status", 501, "", ", stale-if-error=100", false)]
    [InlineData("RFC 5861 s.4 no other status", 404, "", ", stale-if-error=100", false)]
    [InlineData("s.4.3.3 without leave the 5xx is passed on", 503, "", "", false)]
    [InlineData("s.5.2.2.2", 503, "", ", stale-if-error=100, must-revalidate", false)]
    public void ServerError_StaleAnswerStandsInWhereAllowed(string clause, int status, string request, string directives, bool served)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|Cache-Control: max-age=60{directives}|ETag: \"a\"");
        scenario.Wait(100);
        var admission = scenario.Receive(scenario.Find("GET /" + request), $"{status}");
        Assert.True(served == (admission.Kind == AdmissionKind.Serve), clause);
        if (served)
        {
            Assert.Equal(200, admission.Reply!.Status);
            Assert.Equal($"sluice; fwd=stale; fwd-status={status}; ttl=-40; detail=stale-if-error", admission.CacheStatus.ToString());
        }
    }

    [Fact]
    public void OriginSaidSomethingElse_OldAnswerIsNotServedStale()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60, stale-if-error=1000, stale-while-revalidate=5|ETag: \"a\"");
        scenario.Wait(100);
        scenario.Receive(scenario.Find("GET /"), "404|Cache-Control: no-store");
        var lookup = scenario.Find("GET /");
        Assert.Equal((LookupOutcome.Revalidate, MissReason.Invalidated), (lookup.Outcome, lookup.Reason));
        Assert.Null(scenario.Cache.InsteadOfError(lookup));
    }
}
