using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class InvalidationTests
{
    [Theory]
    // RFC 9111 s.4.4: /a?x is stored; an unsafe request is answered; must /a?x be validated?
    [InlineData("target", "POST /a?x", "200", true)]
    [InlineData("target", "PUT /a?x", "204", true)]
    [InlineData("target", "DELETE /a?x", "204", true)]
    [InlineData("a method whose safety is unknown", "FROB /a?x", "200", true)]
    [InlineData("a redirect is no error", "POST /a?x", "303|Location: /b", true)]
    [InlineData("an error leaves it", "POST /a?x", "403", false)]
    [InlineData("an error leaves it", "POST /a?x", "500", false)]
    [InlineData("a safe method leaves it", "OPTIONS /a?x", "200", false)]
    [InlineData("a safe method leaves it", "TRACE /a?x", "200", false)]
    [InlineData("another URI leaves it", "POST /a", "200", false)]
    [InlineData("Location", "POST /b", "201|Location: /a?x", true)]
    [InlineData("Location, absolute", "POST /b", "201|Location: http://origin.test/a?x", true)]
    [InlineData("Location, absolute with port and fragment", "POST /b", "201|Location: http://ORIGIN.test:80/a?x#f", true)]
    [InlineData("Location, relative", "POST /b/c", "201|Location: ../a?x", true)]
    [InlineData("Location without scheme", "POST /b", "201|Location: //origin.test/a?x", true)]
    [InlineData("Content-Location", "POST /b", "200|Content-Location: /a?x", true)]
    [InlineData("another origin must not", "POST http://evil.test/b", "201|Location: http://origin.test/a?x", false)]
    [InlineData("another port is another origin", "POST http://origin.test:81/b", "201|Location: http://origin.test/a?x", false)]
    [InlineData("another scheme is another origin", "POST https://origin.test/b", "201|Location: http://origin.test/a?x", false)]
    [InlineData("on an error Location does nothing", "POST /b", "400|Location: /a?x", false)]
    [InlineData("a reference that is none does nothing", "POST /b", "201|Location: http://[/a?x", false)]
    public void UnsafeRequest_InvalidatesOnTheSameOrigin(string what, string request, string answer, bool invalidated)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /a?x", "200|Cache-Control: max-age=60|ETag: \"a\"");
        var lookup = scenario.Find(request);
        Assert.Equal((LookupOutcome.Bypass, MissReason.Method), (lookup.Outcome, lookup.Reason));
        Assert.Equal(AdmissionKind.Pass, scenario.Receive(lookup, answer).Kind);
        Assert.True((invalidated ? MissReason.Invalidated : MissReason.None) == scenario.Find("GET /a?x").Reason, what);
    }

    [Fact]
    public void InvalidatedEntry_IsNotServedStaleButMayBeConfirmed()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60|ETag: \"a\"");
        scenario.Receive(scenario.Find("POST /"), "200");
        var lookup = scenario.Find("GET /|Cache-Control: max-stale");
        Assert.Equal(LookupOutcome.Revalidate, lookup.Outcome);
        Assert.Null(scenario.Cache.InsteadOfError(lookup));
        Assert.Equal(AdmissionKind.Serve, scenario.Receive(lookup, "304|ETag: \"a\"").Kind);
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
    }

    [Fact]
    public void FetchBegunBeforeTheInvalidation_IsNotStoredAfterIt()
    {
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60").Writer!;
        scenario.Receive(scenario.Find("PUT /"), "204");
        writer.Append("old"u8);
        Assert.False(writer.Commit());
        Assert.Equal(NotStoredReason.Invalidated, writer.Reason);
        Assert.Equal((0, 0L), (scenario.Cache.Counters.Entries, scenario.Cache.Counters.Bytes));
    }

    [Fact]
    public void AnswerToAPostThatAnotherOvertook_IsNotStored()
    {
        var scenario = new CacheScenario();
        const string Answer = "200|Cache-Control: max-age=60|Content-Location: /";
        var slow = scenario.Find("POST /");
        Assert.Equal(AdmissionKind.Store, scenario.Receive(scenario.Find("POST /"), Answer).Kind);
        Assert.Equal(AdmissionKind.Pass, scenario.Receive(slow, Answer).Kind);
    }

    [Fact]
    public void AllVariants_AreInvalidated_AndABypassedRequestDoesItToo()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /|Foo: 1", "200|Cache-Control: max-age=60|Vary: Foo");
        scenario.Fetch("GET /|Foo: 2", "200|Cache-Control: max-age=60|Vary: Foo");
        scenario.Receive(scenario.Find("POST /", bypass: true), "200");
        Assert.Equal(MissReason.Invalidated, scenario.Find("GET /|Foo: 1").Reason);
        Assert.Equal(MissReason.Invalidated, scenario.Find("GET /|Foo: 2").Reason);
        Assert.Equal(1, scenario.Cache.Counters.Invalidations);
    }
}
