using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class ValidationTests
{
    private const string Stale = "200|Cache-Control: max-age=10|ETag: \"a\"|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT|Content-Type: text/plain|X-Old: 1";

    private static CacheScenario StaleEntry(string answer = Stale)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", answer);
        scenario.Wait(20);
        return scenario;
    }

    [Theory]
    [InlineData("s.4.3.1 both validators", "|ETag: \"a\"|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", "\"a\"", "Thu, 01 Jan 2015 00:00:00 GMT")]
    [InlineData("s.4.3.1 a weak tag", "|ETag: W/\"a\"", "W/\"a\"", null)]
    [InlineData("s.4.3.1 a date alone", "|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", null, "Thu, 01 Jan 2015 00:00:00 GMT")]
    [InlineData("a tag that is none is not sent", "|ETag: a b|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", null, "Thu, 01 Jan 2015 00:00:00 GMT")]
    public void StaleEntry_IsAskedForWithItsValidators(string clause, string fields, string? tags, string? date)
    {
        var scenario = StaleEntry("200|Cache-Control: max-age=10" + fields);
        var lookup = scenario.Find("GET /|If-Modified-Since: @-100");
        Assert.True((tags, date) == (lookup.Validators!.Get("If-None-Match"), lookup.Validators.Get("If-Modified-Since")), clause);
        var upstream = lookup.Request.Fields.Copy();
        lookup.PutValidators(upstream);
        Assert.Equal((tags, date), (upstream.Get("If-None-Match"), upstream.Get("If-Modified-Since")));
    }

    [Fact]
    public void EntryWithoutValidator_LeavesTheClientsConditionsAlone()
    {
        var scenario = StaleEntry("200|Cache-Control: max-age=10");
        var lookup = scenario.Find("GET /|If-None-Match: \"z\"");
        Assert.Equal((LookupOutcome.Miss, MissReason.Stale), (lookup.Outcome, lookup.Reason));
        Assert.Null(lookup.Validators);
        var admission = scenario.Receive(lookup, "304|ETag: \"z\"");
        Assert.Equal((AdmissionKind.Pass, NotStoredReason.NotModified), (admission.Kind, admission.Reason));
    }

    [Fact]
    public void NotModified_UpdatesTheStoredHeadAndServesIt()
    {
        // RFC 9111 s.3.2, s.4.3.4
        var scenario = StaleEntry();
        var admission = scenario.Receive(scenario.Find("GET /"), "304|ETag: \"a\"|Cache-Control: max-age=100|X-New: 2|X-Old: 3|X-Old: 4"
            + "|Content-Length: 0|Content-Encoding: gzip|Content-Range: bytes 0-1/2|Connection: X-Hop|X-Hop: 5|Age: 5");
        Assert.Equal(AdmissionKind.Serve, admission.Kind);
        Assert.Equal("sluice; fwd=stale; fwd-status=304; ttl=95", admission.CacheStatus.ToString());
        Assert.Equal((200, CacheScenario.Body), (admission.Reply!.Status, CacheScenario.Text(admission.Reply)));
        scenario.Wait(10);
        var fields = scenario.Find("GET /").Reply!.Fields;
        Assert.Equal("2", fields.Get("X-New"));
        Assert.Equal("3, 4", fields.Get("X-Old"));
        Assert.Equal("5", fields.Get("Content-Length"));
        Assert.Equal("text/plain", fields.Get("Content-Type"));
        Assert.Equal("15", fields.Get("Age"));
        Assert.Equal("gzip", fields.Get("Content-Encoding"));
        Assert.False(fields.Contains("Content-Range") || fields.Contains("X-Hop"));
        Assert.Equal(1, scenario.Cache.Counters.Freshened);
    }

    [Fact]
    public void NotModified_AgainAndAgain_DoesNotGrowTheHead()
    {
        var scenario = StaleEntry();
        for (var i = 0; i < 50; i++)
        {
            scenario.Receive(scenario.Find("GET /"), "304|ETag: \"a\"|Set-Cookie: a=b|X-Old: 1|X-More: 1|X-More: 2|Vary: Accept");
            scenario.Wait(20);
        }
        var fields = scenario.Receive(scenario.Find("GET /"), "304|ETag: \"a\"").Reply!.Fields;
        Assert.Equal(["Age", "Cache-Control", "Content-Length", "Content-Type", "Date", "ETag", "Last-Modified", "Vary", "X-More", "X-More", "X-Old"],
            fields.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.Equal(1, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void NotModified_WithEverNewNames_EndsTheEntryAtTheLimit()
    {
        var scenario = StaleEntry();
        for (var i = 0; i < 20 && scenario.Cache.Counters.Entries > 0; i++)
        {
            Assert.Equal(AdmissionKind.Serve, scenario.Receive(scenario.Find("GET /"), $"304|ETag: \"a\"|X-{i}: {new string('x', 8000)}").Kind);
            scenario.Wait(20);
        }
        Assert.Equal(0, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void CookieOnA304_GoesToTheOneWhoAskedAndIsNotStored()
    {
        var scenario = StaleEntry();
        var admission = scenario.Receive(scenario.Find("GET /"), "304|ETag: \"a\"|Set-Cookie: user=1");
        Assert.Equal("user=1", admission.Reply!.Fields.Get("Set-Cookie"));
        Assert.False(scenario.Find("GET /").Reply!.Fields.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("s.4.3.4 the strong tag", "\"a\"", "|ETag: \"a\"", AdmissionKind.Serve)]
    [InlineData("s.4.3.4 another strong tag", "\"a\"", "|ETag: \"b\"", AdmissionKind.AskAgain)]
    [InlineData("s.4.3.4 a weak tag for a strong one", "\"a\"", "|ETag: W/\"a\"", AdmissionKind.Serve)]
    [InlineData("s.4.3.4 a strong tag for a weak one", "W/\"a\"", "|ETag: \"a\"", AdmissionKind.AskAgain)]
    [InlineData("s.4.3.4 no validator, one entry asked about", "\"a\"", "", AdmissionKind.Serve)]
    [InlineData("s.4.3.4 the date", "\"a\"", "|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", AdmissionKind.Serve)]
    [InlineData("s.4.3.4 another date", "\"a\"", "|Last-Modified: Thu, 01 Jan 2016 00:00:00 GMT", AdmissionKind.AskAgain)]
    public void NotModified_ConfirmsOnlyWhatItNames(string clause, string stored, string update, AdmissionKind expected)
    {
        var scenario = StaleEntry(Stale.Replace("\"a\"", stored, StringComparison.Ordinal));
        var lookup = scenario.Find("GET /");
        Assert.True(expected == scenario.Receive(lookup, "304" + update).Kind, clause);
        if (expected != AdmissionKind.AskAgain)
            return;
        Assert.Null(lookup.Validators);
        var again = scenario.Receive(lookup, "200|Cache-Control: max-age=10");
        Assert.Equal(AdmissionKind.Store, again.Kind);
    }

    [Fact]
    public void FullAnswer_ReplacesWhatWasStale()
    {
        // RFC 9111 s.4.3.3
        var scenario = StaleEntry();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=10|ETag: \"b\"", "other");
        Assert.Equal("other", CacheScenario.Text(scenario.Find("GET /").Reply!));
        Assert.Equal(1, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void ClientsOwnTags_GoAlongAndTheir304IsTheirs()
    {
        // RFC 9111 s.4.3.2
        var scenario = StaleEntry();
        var lookup = scenario.Find("GET /|If-None-Match: \"newer\"");
        Assert.Equal("\"a\", \"newer\"", lookup.Validators!.Get("If-None-Match"));
        Assert.Equal(AdmissionKind.Pass, scenario.Receive(lookup, "304|ETag: \"newer\"").Kind);
        // A 304 that says nothing may mean either.
        Assert.Equal(AdmissionKind.AskAgain, scenario.Receive(scenario.Find("GET /|If-None-Match: \"newer\""), "304").Kind);
    }

    [Fact]
    public void ClientsCondition_IsEvaluatedOnTheFreshenedEntry()
    {
        var scenario = StaleEntry();
        var admission = scenario.Receive(scenario.Find("GET /|If-None-Match: \"a\""), "304|ETag: \"a\"");
        Assert.Equal((AdmissionKind.Serve, 304, 0L), (admission.Kind, admission.Reply!.Status, admission.Reply.BodyLength));
    }

    [Theory]
    [InlineData("s.5.2.2.5", "|Cache-Control: no-store", 0)]
    [InlineData("s.5.2.2.7", "|Cache-Control: private", 0)]
    [InlineData("s.4.1", "|Vary: *", 0)]
    [InlineData("s.4.3.4", "|Cache-Control: max-age=99", 1)]
    public void NotModifiedThatForbidsStoring_IsServedButEndsTheEntry(string clause, string update, int entries)
    {
        var scenario = StaleEntry();
        Assert.Equal(AdmissionKind.Serve, scenario.Receive(scenario.Find("GET /"), "304|ETag: \"a\"" + update).Kind);
        Assert.True(entries == scenario.Cache.Counters.Entries, clause);
    }

    [Theory]
    [InlineData("s.5.2.1.5", "|Cache-Control: no-store")]
    [InlineData("s.3.5", "|Authorization: Basic eDp5")]
    public void NotModifiedToARequestThatForbidsStoring_ChangesNothing(string clause, string request)
    {
        var scenario = StaleEntry();
        Assert.Equal(AdmissionKind.Serve, scenario.Receive(scenario.Find("GET /" + request), "304|ETag: \"a\"|X-Old: 2").Kind);
        var lookup = scenario.Find("GET /|Cache-Control: max-stale");
        Assert.True(lookup.Reason == MissReason.Stale && lookup.Reply!.Fields.Get("X-Old") == "1", clause);
    }

    [Fact]
    public void NotModified_SelectsAmongVariants()
    {
        // RFC 9111 s.4.1, s.4.3.1, s.4.3.4
        var scenario = new CacheScenario();
        scenario.Fetch("GET /|Accept-Language: de", "200|Cache-Control: max-age=60|Vary: Accept-Language|ETag: \"de\"", "hallo");
        scenario.Fetch("GET /|Accept-Language: en", "200|Cache-Control: max-age=60|Vary: Accept-Language|ETag: \"en\"", "hello");
        var lookup = scenario.Find("GET /|Accept-Language: de-AT");
        Assert.Equal((LookupOutcome.Revalidate, MissReason.VaryMiss), (lookup.Outcome, lookup.Reason));
        Assert.Equal("\"de\", \"en\"", lookup.Validators!.Get("If-None-Match"));
        var admission = scenario.Receive(lookup, "304|ETag: \"de\"|Vary: Accept-Language");
        Assert.Equal("hallo", CacheScenario.Text(admission.Reply!));
        Assert.Equal("hallo", CacheScenario.Text(scenario.Find("GET /|Accept-Language: de-AT").Reply!));
        Assert.Equal("hallo", CacheScenario.Text(scenario.Find("GET /|Accept-Language: de").Reply!));
        Assert.Equal("hello", CacheScenario.Text(scenario.Find("GET /|Accept-Language: en").Reply!));
        Assert.Equal(3, scenario.Cache.Counters.Entries);
    }

    [Theory]
    // RFC 9111 s.4.3.5: the answer to HEAD
    [InlineData("s.4.3.5 agrees", "200|ETag: \"a\"|Content-Length: 5|Cache-Control: max-age=100|X-Old: 9", MissReason.None, "9")]
    [InlineData("s.4.3.5 another tag", "200|ETag: \"b\"", MissReason.Invalidated, "1")]
    [InlineData("s.4.3.5 another date", "200|Last-Modified: Thu, 01 Jan 2016 00:00:00 GMT", MissReason.Invalidated, "1")]
    [InlineData("s.4.3.5 another length", "200|ETag: \"a\"|Content-Length: 6", MissReason.Invalidated, "1")]
    [InlineData("s.4.3.5 another status says nothing", "503|X-Old: 9", MissReason.Stale, "1")]
    public void AnswerToHead_UpdatesOrInvalidatesTheStoredGet(string clause, string answer, MissReason reason, string old)
    {
        var scenario = StaleEntry();
        var admission = scenario.Receive(scenario.Find("HEAD /"), answer);
        Assert.Equal((AdmissionKind.Pass, NotStoredReason.Method), (admission.Kind, admission.Reason));
        var lookup = scenario.Find("GET /");
        Assert.True(reason == lookup.Reason, $"{clause}: {lookup.Reason}");
        if (reason == MissReason.None)
            Assert.Equal((old, CacheScenario.Body), (lookup.Reply!.Fields.Get("X-Old"), CacheScenario.Text(lookup.Reply)));
    }

    [Fact]
    public void HeadWithValidators_304FreshensTheStoredGet()
    {
        var scenario = StaleEntry();
        var admission = scenario.Receive(scenario.Find("HEAD /"), "304|ETag: \"a\"");
        Assert.Equal((AdmissionKind.Serve, 200, 0L), (admission.Kind, admission.Reply!.Status, admission.Reply.BodyLength));
        Assert.Equal("5", admission.Reply.Fields.Get("Content-Length"));
        Assert.Equal(LookupOutcome.Hit, scenario.Find("GET /").Outcome);
    }
}
