using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class FreshnessTests
{
    /// <summary>Each row: how many seconds an answer just received stays fresh.</summary>
    [Theory]
    // RFC 9111 s.4.2.1: precedence
    [InlineData("s.4.2.1 max-age", "200|Cache-Control: max-age=60", 60)]
    [InlineData("s.4.2.1 s-maxage before max-age", "200|Cache-Control: max-age=60, s-maxage=10", 10)]
    [InlineData("s.4.2.1 s-maxage before Expires", "200|Cache-Control: s-maxage=10|Expires: @+60", 10)]
    [InlineData("s.4.2.1 max-age before Expires", "200|Cache-Control: max-age=60|Expires: @-60", 60)]
    [InlineData("s.4.2.1 Expires minus Date", "200|Date: @+0|Expires: @+60", 60)]
    [InlineData("s.4.2.1 Expires minus Date in the past", "200|Date: @-20|Expires: @+60", 60)]
    [InlineData("s.5.3 no Date: the time of receipt", "200|Expires: @+60", 60)]
    // s.5.3: "invalid dates, especially the value '0', as representing a time in the past"
    [InlineData("s.5.3 Expires: 0", "200|Expires: 0|ETag: \"a\"", 0)]
    [InlineData("s.5.3 Expires: -1", "200|Expires: -1|ETag: \"a\"", 0)]
    [InlineData("s.5.3 no date", "200|Expires: soon|ETag: \"a\"", 0)]
    [InlineData("s.4.2 zone other than GMT", "200|Expires: Thu, 01 Jan 2037 00:00:00 UTC|ETag: \"a\"", 0)]
    [InlineData("s.5.3 an invalid Expires leaves no room for heuristics", "200|Expires: 0|Last-Modified: @-1000", 0)]
    [InlineData("s.4.2.1 the first of two Expires", "200|Expires: @+60|Expires: @+10", 60)]
    [InlineData("s.4.2 any letter case", "200|Date: @+0|Expires: thu, 01 jan 2026 00:01:00 gmt", 60)]
    // s.1.2.2: delta-seconds
    [InlineData("s.1.2.2 overflow", "200|Cache-Control: max-age=99999999999999999999999", 2147483648)]
    [InlineData("s.1.2.2 2^31", "200|Cache-Control: max-age=2147483648", 2147483648)]
    [InlineData("s.1.2.2 leading zeros", "200|Cache-Control: max-age=0060", 60)]
    // s.4.2.1: "invalid freshness information ... stale"
    [InlineData("s.4.2.1 negative", "200|Cache-Control: max-age=-60|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 fraction", "200|Cache-Control: max-age=60.5|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 letters behind", "200|Cache-Control: max-age=60s|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 no argument", "200|Cache-Control: max-age|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 empty argument", "200|Cache-Control: max-age=|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 blank before =", "200|Cache-Control: max-age =60|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 blank after =", "200|Cache-Control: max-age= 60|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 junk behind", "200|Cache-Control: max-age=60;x|ETag: \"a\"", 0)]
    [InlineData("s.4.2.1 an invalid s-maxage rules before a valid max-age", "200|Cache-Control: s-maxage=x, max-age=60|ETag: \"a\"", 0)]
    // s.5.2: "a cache ought to accept both forms"
    [InlineData("s.5.2 quoted", "200|Cache-Control: max-age=\"60\"", 60)]
    [InlineData("s.5.2 single quotes are none", "200|Cache-Control: max-age='60'|ETag: \"a\"", 0)]
    [InlineData("s.5.2 any letter case", "200|Cache-Control: MaX-aGe=60", 60)]
    [InlineData("s.5.2 another directive's quoted argument", "200|Cache-Control: x=\"max-age=9\\\", max-age=8\", max-age=60", 60)]
    [InlineData("s.5.2 the name must fit whole", "200|Cache-Control: x-max-age=9, max-age=60, max-age-x=8", 60)]
    [InlineData("RFC 9110 s.5.6.1 empty members", "200|Cache-Control: , ,max-age=60,,", 60)]
    // s.4.2.1: of conflicting values the first
    [InlineData("s.4.2.1 twice", "200|Cache-Control: max-age=60, max-age=90", 60)]
    [InlineData("s.4.2.1 twice, on two lines", "200|Cache-Control: max-age=60|Cache-Control: max-age=90", 60)]
    // s.4.2.2: heuristics: 10 % since Last-Modified, at most a day
    [InlineData("s.4.2.2", "200|Date: @+0|Last-Modified: @-1000", 100)]
    [InlineData("s.4.2.2 410", "410|Date: @+0|Last-Modified: @-1000", 100)]
    [InlineData("s.4.2.2 at most a day", "200|Date: @+0|Last-Modified: @-100000000", 86400)]
    [InlineData("s.4.2.2 Last-Modified in the future", "200|Date: @+0|Last-Modified: @+1000|ETag: \"a\"", 0)]
    [InlineData("s.4.2.2 public on a status that is not cacheable by default", "302|Date: @+0|Cache-Control: public|Last-Modified: @-1000", 100)]
    [InlineData("s.4.2.2 no Last-Modified, no guess", "200|ETag: \"a\"", 0)]
    public void Answer_StaysFreshFor(string clause, string answer, long seconds)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", answer);
        if (seconds > 0)
        {
            scenario.Wait(seconds - 1);
            Assert.True(scenario.Find("GET /").Outcome == LookupOutcome.Hit, clause);
            scenario.Wait(1);
        }
        var lookup = scenario.Find("GET /");
        Assert.True(lookup.Outcome is LookupOutcome.Revalidate or LookupOutcome.Miss && lookup.Reason == MissReason.Stale, $"{clause}: {lookup.Outcome}");
    }

    /// <summary>Each row: the age that an answer is served with 7.5 seconds after it came.</summary>
    [Theory]
    [InlineData("s.4.2.3 resident time", "", 0, 7)]
    [InlineData("s.4.2.3 age_value", "|Age: 10", 0, 17)]
    [InlineData("s.4.2.3 response_delay", "|Age: 10", 4, 21)]
    [InlineData("s.4.2.3 response_delay without Age", "", 4, 11)]
    [InlineData("s.4.2.3 apparent_age", "|Date: @-30", 0, 37)]
    [InlineData("s.4.2.3 the greater of both", "|Date: @-30|Age: 40", 0, 47)]
    [InlineData("s.4.2.3 Date in the future is no negative age", "|Date: @+30", 0, 7)]
    [InlineData("s.5.1 the first of a list", "|Age: 10, 2000", 0, 17)]
    [InlineData("s.5.1 the first of several lines", "|Age: 10|Age: 2000", 0, 17)]
    [InlineData("s.5.1 negative is ignored", "|Age: -10", 0, 7)]
    [InlineData("s.5.1 a fraction is ignored", "|Age: 10.0", 0, 7)]
    [InlineData("s.5.1 no number is ignored", "|Age: old", 0, 7)]
    [InlineData("s.5.1 empty is ignored", "|Age:", 0, 7)]
    public void Age_IsThatOfTheClause(string clause, string fields, int delaySeconds, int age)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=3600" + fields, delaySeconds: delaySeconds);
        scenario.Wait(7.5);
        var reply = scenario.Find("GET /").Reply!;
        Assert.True(age.ToString(System.Globalization.CultureInfo.InvariantCulture) == reply.Fields.Get("Age"), $"{clause}: {reply.Fields.Get("Age")}");
        Assert.Equal(1, reply.Fields.CountOf("Age"));
    }

    [Fact]
    public void AgeBeyondAllBounds_IsStaleAndAtMost2To31()
    {
        // RFC 9111 s.1.2.2
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=9999999999|Age: 99999999999999999999|ETag: \"a\"");
        scenario.Wait(5);
        Assert.Equal(MissReason.Stale, scenario.Find("GET /").Reason);
        Assert.Equal("2147483648", scenario.Find("GET /|Cache-Control: max-stale").Reply!.Fields.Get("Age"));
    }

    /// <summary>Each row: an answer of age 10 that stays fresh for 60 seconds; 20 seconds pass, and somebody sets the wall clock.</summary>
    [Theory]
    [InlineData("no step", 0, 30)]
    [InlineData("a step back freezes no age", -3600, 30)]
    [InlineData("a step back makes nothing younger or older", -86400 * 30, 30)]
    [InlineData("a step forward may be true", 25, 55)]
    [InlineData("a step forward may make stale", 86400, 86430)]
    public void WallClockThatIsSet_MakesNothingYoungerThanItIs(string what, int stepSeconds, int age)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=60|Age: 10");
        scenario.Wait(5);
        scenario.Time.Step(TimeSpan.FromSeconds(stepSeconds));
        scenario.Wait(15);
        var reply = scenario.Find("GET /|Cache-Control: max-stale").Reply!;
        Assert.True(age.ToString(System.Globalization.CultureInfo.InvariantCulture) == reply.Fields.Get("Age"), $"{what}: {reply.Fields.Get("Age")}");
        Assert.Equal($"sluice; hit; ttl={60 - age}", reply.CacheStatus.ToString());
    }

    [Fact]
    public void WallClockThatIsSetWhileTheOriginAnswers_HidesNoDelay()
    {
        // RFC 9111 s.4.2.3: response_delay
        var scenario = new CacheScenario();
        var lookup = scenario.Find("GET /");
        var asked = Moment.Now(scenario.Time);
        scenario.Wait(4);
        scenario.Time.Step(TimeSpan.FromHours(-1));
        var writer = scenario.Cache.Receive(lookup, scenario.Response("200|Cache-Control: max-age=60"), new Receipt(asked, Moment.Now(scenario.Time), null)).Writer!;
        writer.Commit();
        Assert.Equal("4", scenario.Find("GET /").Reply!.Fields.Get("Age"));
    }

    [Fact]
    public void RefreshUnderWay_IsClaimedAgainAlsoAfterTheClockSteppedBack()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", "200|Cache-Control: max-age=10, stale-while-revalidate=1000");
        scenario.Wait(20);
        Assert.Equal(LookupOutcome.HitStale, scenario.Find("GET /").Outcome);
        scenario.Time.Step(TimeSpan.FromDays(-1));
        scenario.Wait(31);
        Assert.Equal(LookupOutcome.HitStale, scenario.Find("GET /").Outcome);
    }
}
