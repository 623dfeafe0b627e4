using System.Text;
using Sluice.Cache;
using Sluice.Cache.Memory;

namespace Sluice.Tests.Cache;

/// <summary>RFC 9111 s.3.4 with RFC 9110 s.15.3.7.3, sentence by sentence; and what remains in memory.</summary>
public class CombiningTests
{
    private const string Strong = "|ETag: \"a\"|Cache-Control: max-age=60";

    /// <summary>Asks, and lets the origin answer; a body that is shorter than the answer says is one that broke off.</summary>
    private static Admission Bring(CacheScenario scenario, string request, string answer, string body)
    {
        var admission = scenario.Receive(scenario.Find(request), answer);
        var writer = admission.Writer ?? admission.Gap?.Writer;
        writer?.Append(Encoding.Latin1.GetBytes(body));
        writer?.Commit();
        writer?.Abandon();
        return admission;
    }

    private static string? Held(CacheScenario scenario, string range) =>
        scenario.Find("GET /|Range: bytes=" + range) is { Outcome: LookupOutcome.Hit, Reply: { } reply } ? CacheScenario.Text(reply) : null;

    [Theory]
    // "if they all share the same strong validator"
    [InlineData("the same strong tag", "0-4/10" + Strong, "5-9/10" + Strong, "aaaaabbbbb")]
    [InlineData("another strong tag", "0-4/10" + Strong, "5-9/10|ETag: \"b\"|Cache-Control: max-age=60", null)]
    [InlineData("weak tags", "0-4/10|ETag: W/\"a\"|Cache-Control: max-age=60", "5-9/10|ETag: W/\"a\"|Cache-Control: max-age=60", null)]
    [InlineData("none", "0-4/10|Cache-Control: max-age=60", "5-9/10|Cache-Control: max-age=60", null)]
    [InlineData("no tag on the second", "0-4/10" + Strong, "5-9/10|Cache-Control: max-age=60", null)]
    [InlineData("the same strong date", "0-4/10|Last-Modified: @-100|Date: @-90|Cache-Control: max-age=600", "5-9/10|Last-Modified: @-100|Date: @-80|Cache-Control: max-age=600", "aaaaabbbbb")]
    [InlineData("the same weak date", "0-4/10|Last-Modified: @-100|Date: @-100|Cache-Control: max-age=600", "5-9/10|Last-Modified: @-100|Date: @-100|Cache-Control: max-age=600", null)]
    // the complete length
    [InlineData("unknown, then known", "0-4/*" + Strong, "5-9/10" + Strong, "aaaaabbbbb")]
    [InlineData("known, then unknown", "0-4/10" + Strong, "5-9/*" + Strong, "aaaaabbbbb")]
    [InlineData("never known: never whole", "0-4/*" + Strong, "5-9/*" + Strong, null)]
    [InlineData("contradictory", "0-4/10" + Strong, "5-9/11" + Strong, null)]
    [InlineData("held beyond the end", "5-9/*" + Strong, "0-4/6" + Strong, null)]
    // "the union of partial content ranges"; of octets that come again the newer count
    [InlineData("overlapping", "0-6/10" + Strong, "4-9/10" + Strong, "aaaabbbbbb")]
    [InlineData("a hole remains", "0-3/10" + Strong, "6-9/10" + Strong, null)]
    public void TwoParts_AreOneWholeOrTheNewerStays(string what, string first, string second, string? whole)
    {
        // The origin sends what it likes: both are asked for in a way that makes no plan.
        var scenario = new CacheScenario();
        foreach (var (part, letter) in (ReadOnlySpan<(string, char)>)[(first, 'a'), (second, 'b')])
        {
            var range = part[..part.IndexOf('/')].Split('-');
            var length = int.Parse(range[1], null) - int.Parse(range[0], null) + 1;
            Bring(scenario, "GET /|Cache-Control: no-cache|Range: bytes=0-0,5-5,9-9,3-3,7-7,1-1,2-2,4-4,6-6,8-8,10-10,11-11,12-12,13-13,14-14,15-15,16-16", $"206|Content-Range: bytes {part}", new string(letter, length));
            Assert.True(new string(letter, length) == Held(scenario, $"{range[0]}-{range[1]}"), what);
        }
        var lookup = scenario.Find("GET /");
        Assert.True(whole == (lookup.Reply is { } reply ? CacheScenario.Text(reply) : null), what);
        Assert.Equal(whole is null ? null : "10", lookup.Reply?.Fields.Get("Content-Length"));
        Assert.False(lookup.Reply?.Fields.Contains("Content-Range") ?? false);
        Assert.Equal(1, scenario.Cache.Counters.Entries);
    }

    [Fact]
    public void FieldsOfThePart_UpdateThoseStored()
    {
        // "MUST update the stored response header fields using the header fields provided in the new response, as per Section 3.2"
        var scenario = new CacheScenario();
        Bring(scenario, "GET /|Range: bytes=0-4", "206|Content-Range: bytes 0-4/10|X-Old: 1|X-Both: 1" + Strong, "aaaaa");
        scenario.Wait(30);
        var admission = Bring(scenario, "GET /", "206|Content-Range: bytes 5-9/10|X-Both: 2|Age: 7" + Strong, "bbbbb");
        foreach (var reply in (StoredReply[])[admission.Reply!, scenario.Find("GET /").Reply!])
        {
            Assert.Equal((200, "1", "2", "10", (string?)null), (reply.Status, reply.Fields.Get("X-Old"), reply.Fields.Get("X-Both"), reply.Fields.Get("Content-Length"), reply.Fields.Get("Content-Range")));
            Assert.Equal("7", reply.Fields.Get("Age"));
        }
    }

    [Fact]
    public void FieldsOfAnIncompleteWhole_ReplaceThoseStored()
    {
        // RFC 9110 s.15.3.7.3: "the header fields of that response are used for any combined response"
        var scenario = new CacheScenario();
        Bring(scenario, "GET /|Range: bytes=4-6", "206|Content-Range: bytes 4-6/10|X-Old: 1" + Strong, "aaa");
        Bring(scenario, "GET /", "200|Content-Length: 10|X-New: 1" + Strong, "bbbb");
        Assert.Equal("bbbbaaa", Held(scenario, "0-6"));
        var fields = scenario.Find("GET /|Range: bytes=0-6").Reply!.Fields;
        Assert.True(fields.Contains("X-New") && !fields.Contains("X-Old"));
    }

    [Fact]
    public void PartOfWhatIsHeldWhole_FreshensIt()
    {
        var scenario = new CacheScenario();
        Bring(scenario, "GET /", "200|Content-Length: 10" + Strong, "0123456789");
        scenario.Wait(70);
        Bring(scenario, "GET /|Range: bytes=0-1", "206|Content-Range: bytes 0-1/10" + Strong, "01");
        Assert.Equal("0123456789", CacheScenario.Text(scenario.Find("GET /").Reply!));
    }

    [Fact]
    public void PartOfAnother_TakesThePlaceOfTheWhole()
    {
        var scenario = new CacheScenario();
        Bring(scenario, "GET /", "200|Content-Length: 10" + Strong, "0123456789");
        scenario.Wait(70);
        Bring(scenario, "GET /|Range: bytes=0-1", "206|Content-Range: bytes 0-1/10|ETag: \"b\"|Cache-Control: max-age=60", "ab");
        Assert.Equal((LookupOutcome.Complete, "ab"), (scenario.Find("GET /").Outcome, Held(scenario, "0-1")));
    }

    [Fact]
    public void BrokenAnswer_DoesNotTakeThePlaceOfAWhole()
    {
        var scenario = new CacheScenario();
        Bring(scenario, "GET /", "200|Content-Length: 10|ETag: \"a\"|Cache-Control: max-age=60", "0123456789");
        scenario.Wait(70);
        var bytes = scenario.Cache.Counters.Bytes;
        Bring(scenario, "GET /", "200|Content-Length: 10|ETag: \"b\"|Cache-Control: max-age=60", "abc");
        Assert.Equal(bytes, scenario.Cache.Counters.Bytes);
        var stale = scenario.Find("GET /");
        Assert.Equal(LookupOutcome.Revalidate, stale.Outcome);
        Assert.Equal("0123456789", CacheScenario.Text(scenario.Cache.InsteadOfError(stale)!));
    }

    [Fact]
    public void PartFromBeforeAnInvalidation_IsNotStored()
    {
        // RFC 9111 s.4.4
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /|Range: bytes=0-4"), "206|Content-Range: bytes 0-4/10" + Strong).Writer!;
        writer.Append("aaaaa"u8);
        scenario.Receive(scenario.Find("POST /"), "200");
        Assert.False(writer.Commit());
        Assert.Equal((NotStoredReason.Invalidated, 0L), (writer.Reason, scenario.Cache.Counters.Bytes));
    }

    [Fact]
    public void PartsCount_AndGiveTheirRoomBack()
    {
        var scenario = new CacheScenario(memoryBytes: 1 << 20, maxEntryBytes: 400_000);
        for (var i = 0; i < 200; i++)
        {
            Bring(scenario, $"GET /{i % 5}|Range: bytes={i * 5000}-{i * 5000 + 4999}", $"206|Content-Range: bytes {i * 5000}-{i * 5000 + 4999}/9000000" + Strong, new string('x', 5000));
            Assert.InRange(scenario.Cache.Counters.Bytes, 5000, 1 << 20);
        }
        Assert.True(scenario.Cache.Counters.Bytes > 200 * 5000 * 9 / 10);
        for (var i = 0; i < 5; i++)
            Assert.Equal(new string('x', 5000), Read(i));
        for (var i = 0; i < 20; i++)
            scenario.Fetch($"GET /other/{i}", "200|Cache-Control: max-age=60", new string('y', 100_000));
        Assert.InRange(scenario.Cache.Counters.Bytes, 0, 1 << 20);
        Assert.True(scenario.Cache.Counters.Evictions > 0);

        string? Read(int i) => scenario.Find($"GET /{i}|Range: bytes={i * 5000}-{i * 5000 + 4999}").Reply is { } reply ? CacheScenario.Text(reply) : null;
    }

    [Fact]
    public void OctetsBeyondAnEndThatIsKnownNow_AreForgotten()
    {
        var scenario = new CacheScenario();
        Bring(scenario, "GET /|Range: bytes=5-9", "206|Content-Range: bytes 5-9/*" + Strong, "aaaaa");
        Bring(scenario, "GET /|Range: bytes=-6", "206|Content-Range: bytes 0-4/6" + Strong, "bbbbb");
        Assert.Equal(("bbbbb", (string?)null), (Held(scenario, "0-4"), Held(scenario, "5-5")));
    }

    [Fact]
    public void ConfirmedPart_ThatNoLongerCoversTheRequest_IsAskedForAnew()
    {
        // The 304 brings another Last-Modified: If-Range has become false.
        var scenario = new CacheScenario();
        var modified = Sluice.Http.HttpDate.Format(scenario.Time.GetUtcNow().AddSeconds(-1000));
        Bring(scenario, "GET /|Range: bytes=0-4", $"206|Content-Range: bytes 0-4/10|ETag: \"a\"|Last-Modified: {modified}|Cache-Control: no-cache", "aaaaa");
        var lookup = scenario.Find($"GET /|Range: bytes=1-2|If-Range: {modified}");
        Assert.Equal(LookupOutcome.Revalidate, lookup.Outcome);
        Assert.Equal(AdmissionKind.AskAgain, scenario.Receive(lookup, "304|ETag: \"a\"|Last-Modified: @-500|Cache-Control: no-cache").Kind);
        Assert.Equal((LookupOutcome.Miss, null), (lookup.Outcome, lookup.Validators));
    }

    [Fact]
    public void StalePart_IsNotRefreshedInTheBackground()
    {
        // RFC 5861 s.3 allows it; the refresh would be one of the whole.
        var scenario = new CacheScenario();
        Bring(scenario, "GET /|Range: bytes=0-4", "206|Content-Range: bytes 0-4/10|ETag: \"a\"|Cache-Control: max-age=1, stale-while-revalidate=100", "aaaaa");
        scenario.Wait(10);
        Assert.Equal(LookupOutcome.Revalidate, scenario.Find("GET /|Range: bytes=0-4").Outcome);
    }

    [Fact]
    public void PartsOfOtherVariants_AreNotAskedAbout()
    {
        // RFC 9111 s.4.3.1 allows it; to have one confirmed would not answer the request.
        var scenario = new CacheScenario();
        Bring(scenario, "GET /|A: 1|Range: bytes=0-4", "206|Content-Range: bytes 0-4/10|Vary: A" + Strong, "aaaaa");
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET /|A: 2").Outcome);
        Bring(scenario, "GET /|A: 3", "200|Content-Length: 5|Vary: A" + Strong, "whole");
        var lookup = scenario.Find("GET /|A: 2");
        Assert.Equal("whole", CacheScenario.Text(scenario.Receive(lookup, "304|ETag: \"a\"").Reply!));
    }

    [Fact]
    public void EntryThatComesWhileAnotherIsCombined_IsCombinedToo()
    {
        var scenario = new CacheScenario();
        var tier = new MemoryTier(1 << 20);
        var request = scenario.Request("GET /");
        var key = CacheKey.Of("", request.Target, null);
        var (first, second) = (Entry(), Entry());
        var seen = new List<Entry?>();
        tier.Combine(key, request.Fields, tier.StampOf(key), 0, held =>
        {
            seen.Add(held);
            if (seen.Count == 1)
                tier.Put(first, request.Fields, tier.StampOf(key), 0);
            return second;
        });
        Assert.Equal([null, first], seen);
        Assert.Equal([second], tier.Find(key));

        Entry Entry()
        {
            var head = scenario.Response("200|Cache-Control: max-age=60");
            var now = Moment.Now(scenario.Time);
            return new Entry(key, EntryHead.Of(request.Fields, head, ResponseDirectives.Of(head.Fields, []), new Receipt(now, now, null)), Body.Empty, null);
        }
    }

    [Fact]
    public void PartInARaceWithAnother_LosesNothing()
    {
        // Both began when nothing was held.
        var scenario = new CacheScenario();
        var lookups = new[] { scenario.Find("GET /|Range: bytes=0-4"), scenario.Find("GET /|Range: bytes=5-9") };
        foreach (var (lookup, range) in lookups.Zip(["0-4", "5-9"]))
        {
            var writer = scenario.Receive(lookup, $"206|Content-Range: bytes {range}/10" + Strong).Writer!;
            writer.Append("aaaaa"u8);
            Assert.True(writer.Commit());
        }
        Assert.Equal("aaaaaaaaaa", CacheScenario.Text(scenario.Find("GET /").Reply!));
    }
}
