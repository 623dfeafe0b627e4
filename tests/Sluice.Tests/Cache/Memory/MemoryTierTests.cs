using System.Buffers;
using System.Text;
using Sluice.Cache;
using Sluice.Cache.Memory;

namespace Sluice.Tests.Cache.Memory;

public class MemoryTierTests
{
    private const string Fresh = "200|Cache-Control: max-age=600";

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(300_000)]
    public void Body_ComesBackAsItWent(int length)
    {
        var body = string.Create(length, 0, (chars, _) =>
        {
            for (var i = 0; i < chars.Length; i++)
                chars[i] = (char)('a' + i * 31 % 26);
        });
        var bytes = Encoding.ASCII.GetBytes(body);
        // With and without a length said before; whole and in odd pieces.
        foreach (var fields in (string[])["", $"|Content-Length: {length}"])
            foreach (var piece in (int[])[length, 4097, 1000])
            {
                var scenario = new CacheScenario(memoryBytes: 8 << 20);
                var writer = scenario.Receive(scenario.Find("GET /"), Fresh + fields).Writer!;
                for (var at = 0; at < length; at += piece)
                    writer.Append(bytes.AsSpan(at, Math.Min(piece, length - at)));
                Assert.True(writer.Commit());
                var reply = scenario.Find("GET /").Reply!;
                Assert.True(reply.Body.ToArray().AsSpan().SequenceEqual(bytes));
                Assert.Equal(length <= BodyBuilder.BlockBytes, reply.Body.IsSingleSegment);
                var slice = scenario.Find($"GET /|Range: bytes={length / 2}-{length - 1}").Reply!;
                Assert.Equal(body[(length / 2)..], CacheScenario.Text(slice));
            }
    }

    [Fact]
    public void Tier_NeverHoldsMoreThanItMay()
    {
        var scenario = new CacheScenario(memoryBytes: 256 << 10);
        for (var i = 0; i < 500; i++)
        {
            scenario.Fetch($"GET /{i}", Fresh, new string('x', i * 37 % 9000));
            Assert.InRange(scenario.Cache.Counters.Bytes, 0, 256 << 10);
        }
        Assert.True(scenario.Cache.Counters is { Evictions: > 0, Entries: > 0 });
        Assert.Equal(500, scenario.Cache.Counters.Stores);
    }

    [Fact]
    public void EvictedBody_StaysValidForWhoeverHoldsIt()
    {
        var scenario = new CacheScenario(memoryBytes: 256 << 10);
        scenario.Fetch("GET /", Fresh, new string('x', 20_000));
        var reply = scenario.Find("GET /").Reply!;
        for (var i = 0; i < 100; i++)
            scenario.Fetch($"GET /{i}", Fresh, new string('y', 20_000));
        Assert.Equal(LookupOutcome.Miss, scenario.Find("GET /").Outcome);
        Assert.Equal(new string('x', 20_000), CacheScenario.Text(reply));
    }

    [Theory]
    [InlineData("|Content-Length: 1001", NotStoredReason.TooLarge)]
    [InlineData("", NotStoredReason.TooLarge)]
    public void BodyBeyondTheLimit_IsNotStored(string fields, NotStoredReason reason)
    {
        var scenario = new CacheScenario(maxEntryBytes: 1000);
        var admission = scenario.Receive(scenario.Find("GET /"), Fresh + fields);
        if (admission.Writer is { } writer)
        {
            writer.Append(new byte[600]);
            Assert.True(writer.Stored);
            writer.Append(new byte[401]);
            Assert.False(writer.Stored);
            Assert.Equal(reason, writer.Reason);
        }
        else
            Assert.Equal(reason, admission.Reason);
        Assert.Equal(0, scenario.Cache.Counters.Bytes);
    }

    [Fact]
    public void BodiesOnTheirWayIn_CountAndGetAtMostHalf()
    {
        var scenario = new CacheScenario(memoryBytes: 1 << 20, maxEntryBytes: 1 << 20);
        var writers = Enumerable.Range(0, 20)
            .Select(i => scenario.Receive(scenario.Find($"GET /{i}"), Fresh + "|Content-Length: 65536").Writer!).ToArray();
        foreach (var writer in writers)
            writer.Append(new byte[65_536]);
        Assert.InRange(scenario.Cache.Counters.Bytes, 7 * 65_536, 512 << 10);
        Assert.Equal(NotStoredReason.NoRoom, writers[^1].Reason);
        foreach (var writer in writers)
            writer.Abandon();
        Assert.Equal(0, scenario.Cache.Counters.Bytes);
    }

    [Fact]
    public async Task ReadersAndWritersAtOnce_SeeWholeBodiesOnly()
    {
        var cache = new HttpCache(new CacheOptions { MemoryBytes = 300_000 }, TimeProvider.System);
        var scenario = new CacheScenario();
        var tasks = Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var number = (i * 7 + t) % 60;
                var lookup = cache.Find(scenario.Request($"GET /{number}|V: {i % 3}"), "", bypass: false);
                if (lookup.Reply is { } reply)
                {
                    var text = CacheScenario.Text(reply);
                    Assert.True(text.Length == 1000 + number * 100 && text.All(c => c == (char)('0' + number)));
                    continue;
                }
                var now = new Receipt(Moment.Now(TimeProvider.System), Moment.Now(TimeProvider.System), null);
                var writer = cache.Receive(lookup, scenario.Response(Fresh + "|Vary: V"), now).Writer!;
                writer.Append(Encoding.Latin1.GetBytes(new string((char)('0' + number), 1000 + number * 100)));
                writer.Commit();
                if (i % 100 == 0)
                    cache.Receive(cache.Find(scenario.Request($"POST /{number}"), "", bypass: false), scenario.Response("200"), now);
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        Assert.InRange(cache.Counters.Bytes, 1, 300_000);
        Assert.True(cache.Counters is { Evictions: > 0, Hits: > 0 });
    }
}
