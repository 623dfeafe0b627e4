using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class StorabilityTests
{
    [Theory]
    // RFC 9111 s.3: "the request method is understood by the cache" (GET; the answer to HEAD only updates)
    [InlineData("s.3 method", "PUT /", "200|Cache-Control: max-age=60|Content-Location: /", NotStoredReason.Method)]
    // RFC 9110 s.9.3.3: "only cacheable when they include explicit freshness information and a Content-Location [of] the POST's target URI"
    [InlineData("RFC 9110 s.9.3.3", "POST /", "200|Cache-Control: max-age=60|Content-Location: /", NotStoredReason.None)]
    [InlineData("RFC 9110 s.9.3.3 with a body", "POST /|Content-Length: 3", "200|Expires: @+60|Content-Location: http://origin.test/", NotStoredReason.None)]
    [InlineData("RFC 9110 s.9.3.3 another location", "POST /", "200|Cache-Control: max-age=60|Content-Location: /a", NotStoredReason.Method)]
    [InlineData("RFC 9110 s.9.3.3 another origin", "POST /", "200|Cache-Control: max-age=60|Content-Location: http://other.test/", NotStoredReason.Method)]
    [InlineData("RFC 9110 s.9.3.3 no location", "POST /", "200|Cache-Control: max-age=60", NotStoredReason.Method)]
    [InlineData("RFC 9110 s.9.3.3 no explicit freshness", "POST /", "200|Last-Modified: @-1000|Content-Location: /", NotStoredReason.Method)]
    [InlineData("s.3 method", "HEAD /", "200|Cache-Control: max-age=60", NotStoredReason.Method)]
    [InlineData("s.3 method is case-sensitive", "get /", "200|Cache-Control: max-age=60", NotStoredReason.Method)]
    // "the response status code is final" / "206 or 304 ... the cache understands"
    [InlineData("s.3 206", "GET /|Range: bytes=0-4", "206|Cache-Control: max-age=60|Content-Range: bytes 0-4/9", NotStoredReason.None)]
    [InlineData("s.3 206 that nobody asked for", "GET /", "206|Cache-Control: max-age=60|Content-Range: bytes 0-4/9", NotStoredReason.PartialContent)]
    [InlineData("s.3 206 with a wild Content-Range", "GET /|Range: bytes=0-1", "206|Cache-Control: max-age=60|Content-Range: bytes */x", NotStoredReason.PartialContent)]
    [InlineData("a range is not in the key", "GET /|Range: bytes=9-", "416|Cache-Control: max-age=60|Content-Range: bytes */5", NotStoredReason.RangeNotSatisfiable)]
    // RFC 6585 s.3-6: "MUST NOT be stored by a cache"; and the others that speak of what is not in the key
    [InlineData("RFC 6585 s.3", "GET /", "428|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("RFC 6585 s.4", "GET /", "429|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("RFC 6585 s.5", "GET /", "431|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("RFC 6585 s.6", "GET /", "511|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("credentials for us", "GET /", "407|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("the head's size", "GET /", "413|Cache-Control: max-age=60", NotStoredReason.AboutTheRequest)]
    [InlineData("s.3 304", "GET /|If-None-Match: \"x\"", "304|Cache-Control: max-age=60", NotStoredReason.NotModified)]
    // "the no-store cache directive is not present in the response"
    [InlineData("s.5.2.2.5", "GET /", "200|Cache-Control: no-store, max-age=60", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2.2.5 in any case", "GET /", "200|Cache-Control: max-age=60, No-StoRe", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2.2.5 on a later line", "GET /", "200|Cache-Control: max-age=60|Cache-Control: no-store", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2.2.5 with an argument", "GET /", "200|Cache-Control: max-age=60, no-store=1", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2.2.5 behind an unclosed quote", "GET /", "200|Cache-Control: max-age=60, x=\"a, no-store", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2.2.5 behind an unclosed quote on another line", "GET /", "200|Cache-Control: max-age=60, x=\"a|Cache-Control: no-store, y=\"b\"", NotStoredReason.ResponseNoStore)]
    [InlineData("s.5.2 inside a quoted argument it is no directive", "GET /", "200|Cache-Control: max-age=60, x=\"a, no-store\"", NotStoredReason.None)]
    [InlineData("s.5.2.1.5", "GET /|Cache-Control: no-store", "200|Cache-Control: max-age=60", NotStoredReason.RequestNoStore)]
    // s.5.2.2.3: must-understand
    [InlineData("s.5.2.2.3 understood: no-store is ignored", "GET /", "200|Cache-Control: must-understand, no-store, max-age=60", NotStoredReason.None)]
    [InlineData("s.5.2.2.3 not understood", "GET /", "299|Cache-Control: must-understand, max-age=60", NotStoredReason.MustUnderstand)]
    [InlineData("s.3 unknown status, explicit freshness", "GET /", "299|Cache-Control: max-age=60", NotStoredReason.None)]
    // "if the cache is shared: the private response directive is either not present or allows"
    [InlineData("s.5.2.2.7", "GET /", "200|Cache-Control: private, max-age=60", NotStoredReason.Private)]
    [InlineData("s.5.2.2.7 with field names", "GET /", "200|Cache-Control: private=\"x-user\", max-age=60", NotStoredReason.None)]
    [InlineData("s.5.2.2.7 names without quotes: the stricter form", "GET /", "200|Cache-Control: private=x-user, max-age=60", NotStoredReason.Private)]
    // s.3.5: Authorization
    [InlineData("s.3.5", "GET /|Authorization: Basic eDp5", "200|Cache-Control: max-age=60", NotStoredReason.Authorization)]
    [InlineData("s.3.5 public", "GET /|Authorization: Basic eDp5", "200|Cache-Control: public, max-age=60", NotStoredReason.None)]
    [InlineData("s.3.5 must-revalidate", "GET /|Authorization: Basic eDp5", "200|Cache-Control: must-revalidate, max-age=60", NotStoredReason.None)]
    [InlineData("s.3.5 s-maxage", "GET /|Authorization: Basic eDp5", "200|Cache-Control: s-maxage=60", NotStoredReason.None)]
    [InlineData("s.3.5 misspelt public permits nothing", "GET /|Authorization: Basic eDp5", "200|Cache-Control: public foo, max-age=60", NotStoredReason.Authorization)]
    // "at least one of: public, Expires, max-age, s-maxage, a status code that is heuristically cacheable"
    [InlineData("s.3 Expires", "GET /", "302|Expires: @+60", NotStoredReason.None)]
    [InlineData("s.3 max-age on an error", "GET /", "500|Cache-Control: max-age=60", NotStoredReason.None)]
    [InlineData("s.3 public and a validator", "GET /", "302|Cache-Control: public|ETag: \"a\"", NotStoredReason.None)]
    [InlineData("s.3 status not cacheable by default", "GET /", "302|ETag: \"a\"", NotStoredReason.NotCacheable)]
    [InlineData("s.3 400 without a word", "GET /", "400|Last-Modified: @-1000", NotStoredReason.NotCacheable)]
    [InlineData("s.4.2.2 200 with Last-Modified", "GET /", "200|Last-Modified: @-1000", NotStoredReason.None)]
    [InlineData("s.3 neither lifetime nor validator is of use", "GET /", "200", NotStoredReason.Useless)]
    [InlineData("s.3 max-age=0 with a validator is", "GET /", "200|Cache-Control: max-age=0|ETag: \"a\"", NotStoredReason.None)]
    // s.4.1
    [InlineData("s.4.1 Vary: *", "GET /", "200|Cache-Control: max-age=60|Vary: *", NotStoredReason.VaryStar)]
    [InlineData("s.4.1 Vary with * among names", "GET /", "200|Cache-Control: max-age=60|Vary: Accept, *", NotStoredReason.VaryStar)]
    // s.7.3: our decision
    [InlineData("s.7.3", "GET /", "200|Cache-Control: public, max-age=60|Set-Cookie: a=b", NotStoredReason.SetCookie)]
    [InlineData("s.7.3 withheld by the origin", "GET /", "200|Cache-Control: private=\"Set-Cookie\", max-age=60|Set-Cookie: a=b", NotStoredReason.None)]
    // a body on GET is not in the key
    [InlineData("RFC 9110 s.9.3.1", "GET /|Content-Length: 3", "200|Cache-Control: max-age=60", NotStoredReason.RequestBody)]
    [InlineData("RFC 9110 s.9.3.1", "GET /|Transfer-Encoding: chunked", "200|Cache-Control: max-age=60", NotStoredReason.RequestBody)]
    // RFC 9112 s.6.3
    [InlineData("RFC 9112 s.6.3(5)", "GET /", "200|Cache-Control: max-age=60|Content-Length: 5, 6", NotStoredReason.BadLength)]
    public void Answer_IsStoredOrNot_ForThatReason(string clause, string request, string answer, NotStoredReason expected)
    {
        var scenario = new CacheScenario();
        var admission = scenario.Fetch(request, answer);
        Assert.True(expected == admission.Reason, $"{clause}: {admission.Reason}");
        Assert.Equal(expected == NotStoredReason.None ? AdmissionKind.Store : AdmissionKind.Pass, admission.Kind);
        Assert.Equal(expected == NotStoredReason.None ? 1 : 0, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void BodyShorterThanContentLength_IsNotStored()
    {
        // RFC 9111 s.3.3: an incomplete answer is not stored as a complete one.
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60|Content-Length: 5").Writer!;
        writer.Append("hell"u8);
        Assert.False(writer.Commit());
        Assert.Equal(NotStoredReason.Incomplete, writer.Reason);
        Assert.Equal((0, 0L), (scenario.Cache.Counters.Entries, scenario.Cache.Counters.Bytes));
    }

    [Fact]
    public void BodyLongerThanContentLength_IsDropped()
    {
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60|Content-Length: 5").Writer!;
        writer.Append("hello"u8);
        writer.Append("!"u8);
        Assert.False(writer.Stored);
        Assert.False(writer.Commit());
        Assert.Equal((0, 0L), (scenario.Cache.Counters.Entries, scenario.Cache.Counters.Bytes));
    }

    [Fact]
    public void AbandonedBody_IsNeverSeenAndGivesItsRoomBack()
    {
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60").Writer!;
        writer.Append("hello"u8);
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET /").Outcome);
        Assert.True(scenario.Cache.Counters.Bytes > 0);
        writer.Abandon();
        writer.Abandon();
        Assert.False(writer.Commit());
        Assert.Equal((0, 0L), (scenario.Cache.Counters.Entries, scenario.Cache.Counters.Bytes));
    }

    [Fact]
    public void ContentLengthBesideTransferEncoding_DoesNotCount()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60|Content-Length: 99|Transfer-Encoding: chunked");
        Assert.Equal("5", scenario.Find("GET /").Reply!.Fields.Get("Content-Length"));
    }

    [Fact]
    public void StoredHead_HasNoFieldOfTheConnection()
    {
        // RFC 9111 s.3.1
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60|Connection: close, X-Hop|X-Hop: 1|Keep-Alive: 5|TE: x|Upgrade: h2c"
            + "|Transfer-Encoding: chunked|Proxy-Authenticate: Basic|Proxy-Connection: close|Proxy-Authentication-Info: x|X-End: 2|Age: 3");
        var fields = scenario.Find("GET /").Reply!.Fields;
        Assert.Equal(["Age", "Cache-Control", "Content-Length", "Date", "X-End"], fields.Select(f => f.Name).Order());
        Assert.Equal("3", fields.Get("Age"));
    }

    [Theory]
    [InlineData("s.5.2.2.7", "private=\"x-user, x-other\"")]
    [InlineData("s.5.2.2.4", "no-cache=\"X-User,X-Other\"")]
    [InlineData("both", "private=\"x-user\", no-cache=\"x-other\"")]
    public void NamedFields_AreWithheldFromStoredAnswer(string clause, string directive)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", $"200|Cache-Control: max-age=60, {directive}|X-User: me|X-Other: you|X-All: 1");
        var reply = scenario.Find("GET /").Reply;
        Assert.True(reply is not null && !reply.Fields.Contains("X-User") && !reply.Fields.Contains("X-Other") && reply.Fields.Contains("X-All"), clause);
    }

    [Fact]
    public void MissingOrInvalidDate_IsTheTimeOfReceipt()
    {
        // RFC 9110 s.6.6.1
        var scenario = new CacheScenario();
        scenario.Fetch("GET /a", "200|Cache-Control: max-age=60");
        scenario.Fetch("GET /b", "200|Cache-Control: max-age=60|Date: F000 00 Mar 0000");
        var now = Sluice.Http.HttpDate.Format(scenario.Time.GetUtcNow());
        scenario.Wait(10);
        Assert.Equal(now, scenario.Find("GET /a").Reply!.Fields.Get("Date"));
        Assert.Equal(now, scenario.Find("GET /b").Reply!.Fields.Get("Date"));
    }

    [Fact]
    public void HeadBeyondItsLimit_IsNotStored()
    {
        var scenario = new CacheScenario();
        Assert.Equal(NotStoredReason.HeadTooLarge, scenario.Fetch("GET /", "200|Cache-Control: max-age=60|X: " + new string('x', 70_000)).Reason);
    }

    [Fact]
    public void CacheOff_TakesNoPart()
    {
        var scenario = new CacheScenario(memoryBytes: 0);
        var lookup = scenario.Find("GET /");
        Assert.Equal((LookupOutcome.Bypass, MissReason.CacheOff), (lookup.Outcome, lookup.Reason));
        Assert.Equal(NotStoredReason.CacheOff, scenario.Receive(lookup, "200|Cache-Control: max-age=60").Reason);
    }

    [Fact]
    public void Bypass_NeitherServesNorStores()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60");
        var lookup = scenario.Find("GET /", bypass: true);
        Assert.Equal((LookupOutcome.Bypass, MissReason.Bypassed), (lookup.Outcome, lookup.Reason));
        var admission = scenario.Receive(lookup, "200|Cache-Control: max-age=90");
        Assert.Equal((AdmissionKind.Pass, NotStoredReason.Bypassed), (admission.Kind, admission.Reason));
    }
}
