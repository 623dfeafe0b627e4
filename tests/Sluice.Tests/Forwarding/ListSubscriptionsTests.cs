using System.IO.Compression;
using System.Text;
using Sluice.Forwarding;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Forwarding;

/// <summary>Subscribed lists at a scripted origin, under a clock that the test moves.</summary>
public class ListSubscriptionsTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task ListWithoutACopy_IsAskedForAtOnceAndItsRuleHolds()
    {
        await using var origin = ScriptedOrigin.With("a.test\n", "ETag: \"1\"", "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT");
        await using var scene = new SubscriptionScene(origin.Url("/hosts.txt?key=secret"));
        Assert.False(scene.Denies("a.test"));
        await scene.StartAsync();
        Assert.True(scene.Denies("a.test"));
        Assert.Equal([".hosts", ".json"], scene.Files);
        var (request, state) = (Assert.Single(origin.Requests).Head, scene.State);
        Assert.Equal(("GET /hosts.txt?key=secret HTTP/1.1", origin.Authority, "gzip, br"), (request.StartLine, request["Host"], request["Accept-Encoding"]));
        Assert.False(request.Has("If-None-Match") || request.Has("If-Modified-Since"));
        Assert.Matches(@"^http://[0-9.:]+/hosts\.txt\?\.\.\.[0-9a-f]{8}$", state.Url);
        Assert.Equal((null, null), (state.Error, state.Progress));
        Assert.Empty(scene.Log.Lines);
    }

    [Fact]
    public async Task Interval_HasUpToATenthMore_AndValidatorsAreSent()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Number == 2
            ? x.ReplyAsync(304, "")
            : x.ReplyAsync(200, x.Number == 1 ? "a.test\n" : "other.test\n", $"ETag: \"{x.Number}\"", "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        Assert.InRange(scene.State.Next!.Value - scene.Time.GetUtcNow(), Day, Day * 1.1);
        var changed = scene.State.Changed;
        await scene.PassAsync(Day - TimeSpan.FromSeconds(1));
        Assert.Single(origin.Requests);

        await scene.PassToNextAsync();
        Assert.Equal(("\"1\"", "Thu, 01 Jan 2026 00:00:00 GMT"), (origin.Requests[1].Head["If-None-Match"], origin.Requests[1].Head["If-Modified-Since"]));
        Assert.Equal((changed, "a.test\n"), (scene.State.Changed, scene.Copy));

        await scene.PassToNextAsync();
        Assert.Equal("\"1\"", origin.Requests[2].Head["If-None-Match"]);
        Assert.Equal("other.test\n", scene.Copy);
        Assert.Equal((false, true), (scene.Denies("a.test"), scene.Denies("other.test")));
        await scene.PassToNextAsync();
        Assert.Equal("\"3\"", origin.Requests[3].Head["If-None-Match"]);
    }

    [Fact]
    public async Task Restart_GoesOnWithTheCopyAndItsInterval()
    {
        await using var origin = ScriptedOrigin.With("a.test\n", "ETag: \"1\"");
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        await scene.PassAsync(Day / 2);
        await scene.RestartAsync();
        Assert.Single(origin.Requests);
        Assert.True(scene.Denies("a.test"));
        Assert.InRange(scene.State.Next!.Value - scene.Time.GetUtcNow(), Day / 2 - TimeSpan.FromMinutes(1), Day * 0.55);
        await scene.PassToNextAsync();
        Assert.Equal(2, origin.Requests.Count);

        // What is known is of another copy: all of it is asked for.
        await File.WriteAllTextAsync(scene.Path, "other.test\n", TestContext.Current.CancellationToken);
        await scene.RestartAsync();
        Assert.False(origin.Requests[2].Head.Has("If-None-Match"));
        Assert.Equal("a.test\n", scene.Copy);
    }

    [Fact]
    public async Task StartWithoutNetwork_HasTheStoredCopy()
    {
        var origin = ScriptedOrigin.With("a.test\n");
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        await origin.DisposeAsync();
        scene.Time.Advance(TimeSpan.FromSeconds(90)); // its kept connection is too old then
        scene.Time.Advance(Day * 2);
        await scene.RestartAsync();
        Assert.True(scene.Denies("a.test"));
        Assert.StartsWith("The server refused the connection", scene.State.Error, StringComparison.Ordinal);
        Assert.NotNull(scene.State.Changed);
        Assert.Contains("Its copy of", scene.Log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCopyAndNoNetwork_NamesNothingAndIsAskedForAgain_ThenLessAndLessOften()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Number < 12 ? x.ReplyAsync(500) : x.ReplyAsync(200, "a.test\n"));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        Assert.False(scene.Denies("a.test"));
        Assert.Equal((null, "The server answered 500"), (scene.State.Changed, scene.State.Error));
        Assert.Contains("There is no copy: until there is one, it names nothing", Assert.Single(scene.Log.Lines), StringComparison.Ordinal);
        var list = Assert.Single(scene.Censor.Lists());
        Assert.Equal((scene.Path, 0, null), (list.Path, list.Entries, list.ReadAt));

        foreach (var wait in new[] { 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600 })
        {
            var left = scene.State.Next!.Value - scene.State.Asked!.Value;
            Assert.InRange(left, TimeSpan.FromSeconds(wait), TimeSpan.FromSeconds(wait * 1.1));
            await scene.PassToNextAsync();
        }
        Assert.True(scene.Denies("a.test"));
        Assert.Null(scene.State.Error);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("5", 30)]
    [InlineData("999999999", 86400)]
    [InlineData("Thu, 01 Jan 2026 01:00:00 GMT", 3600)]
    [InlineData("soon", 30)]
    public async Task RetryAfter_IsHonouredUpToTheInterval(string value, int seconds)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(429, "", $"Retry-After: {value}"));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        Assert.InRange(scene.State.Next!.Value - scene.Time.GetUtcNow(), TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds * 1.1));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task ContentCoding_IsDecoded(string coding)
    {
        var list = string.Concat(Enumerable.Range(0, 5000).Select(i => $"h{i}.test\n"));
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, Encode(coding, list), $"Content-Encoding: {coding}"));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        Assert.Equal(list, scene.Copy);
        Assert.True(scene.Denies("h4999.test"));
    }

    /// <summary>None of these takes the place of a good copy.</summary>
    public static TheoryData<string, string, string> Bad => new()
    {
        { "server error", "500|", "The server answered 500" },
        { "not found", "404|a.test", "The server answered 404" },
        { "a part of it", "206|a.test", "The server answered 206" },
        { "page", "200|<!DOCTYPE html><html><body>Sorry", "What came is a page (HTML or XML) and no list" },
        { "nothing", "200|", "What came is empty" },
        { "comments", "200|# moved elsewhere", "What came holds nothing that is understood (0 lines are not)" },
        { "prose", "200|this list\nhas moved\nelsewhere", "What came is mostly not understood (2 lines are not beside 1 entries)" },
        { "filters", "200|! Title: ads\n||a.test^", "What came is a list of filters: name it under 'filters' instead of 'hosts'" },
        { "announced too large", "200 large|", "It is larger than 4096 bytes" },
        { "too large", "200 chunked large|", "It is larger than 4096 bytes" },
        { "bomb", "200 bomb|", "It is larger than 4096 bytes" },
        { "broken gzip", "200 broken|", "Its content coding is broken (" },
        { "gzip cut short", "200 cut gzip|", "Its content coding is broken (" },
        { "unknown coding", "200 zstd|a.test", "The server sent the coding 'zstd', which it was not asked for" },
        { "cut short", "200 cut|a.test", "The answer of the server ended too early (FIN in the middle of the body)" },
        { "reset", "reset|", "The server closed the connection before it answered" },
        { "no HTTP", "garbage|", "The answer of the server is not valid HTTP" },
        { "redirected to nowhere", "302|", "It is redirected to nowhere" },
        { "redirected for ever", "301 loop|", "It is redirected more than 5 times" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task WhatIsNoList_LeavesTheCopy(string what, string answer, string error)
    {
        await using var origin = ScriptedOrigin.Start(x => x.Number == 1 ? x.ReplyAsync(200, "good.test\n", "ETag: \"1\"") : AnswerAsync(x, answer));
        await using var scene = new SubscriptionScene(origin.Url(), maxBytes: 4096);
        await scene.StartAsync();
        await scene.AskAsync();
        Assert.True(scene.State.Error?.StartsWith(error, StringComparison.Ordinal), $"{what}: {scene.State.Error}");
        Assert.Equal(("good.test\n", true), (scene.Copy, scene.Denies("good.test")));
        Assert.Equal([".hosts", ".json"], scene.Files);
        // The next time it is the good one's validator that is sent.
        await scene.AskAsync();
        Assert.Equal("\"1\"", origin.Requests[^1].Head["If-None-Match"]);
    }

    [Fact]
    public async Task ServerThatFallsSilent_IsGivenUp()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na.test\n");
            await x.WaitUntilGoneAsync();
        });
        await using var scene = new SubscriptionScene(origin.Url());
        scene.Subscriptions.Start();
        while (scene.State.Progress is not { Bytes: 7 })
            await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.Equal(100, scene.State.Progress!.Total);
        // In large steps: all of it may take ten minutes.
        await scene.Time.AdvanceUntilAsync(scene.Subscriptions.Settled, new LimitOptions().Body + TimeSpan.FromSeconds(1));
        Assert.Equal("The server fell silent in the middle of its answer", scene.State.Error?.Split(" (")[0]);
        Assert.Empty(scene.Files);
    }

    [Fact]
    public async Task HalfWrittenCopy_OfAProcessThatWasKilled_IsNotTaken()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Number == 1 ? "old.test\n" : "newer.test\n"));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        await File.WriteAllTextAsync(scene.Path + ".part", "half.te", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(scene.Path + ".json.part", "{", TestContext.Current.CancellationToken);
        await scene.RestartAsync();
        Assert.Equal((true, "old.test\n"), (scene.Denies("old.test"), scene.Copy));
        await scene.AskAsync();
        Assert.Equal((true, "newer.test\n"), (scene.Denies("newer.test"), scene.Copy));
    }

    [Fact]
    public async Task NotModified_WhereNothingIsKnown_IsAnError()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(304));
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        Assert.Equal(("The server answered 304", null), (scene.State.Error, scene.State.Changed));
    }

    [Fact]
    public async Task DamagedFacts_AreNone()
    {
        await using var origin = ScriptedOrigin.With("a.test\n", "ETag: \"1\"");
        await using var scene = new SubscriptionScene(origin.Url());
        await scene.StartAsync();
        await File.WriteAllTextAsync(scene.Path + ".json", "{", TestContext.Current.CancellationToken);
        await scene.RestartAsync();
        Assert.Equal(2, origin.Requests.Count);
        Assert.False(origin.Requests[1].Head.Has("If-None-Match"));
    }

    [Fact]
    public async Task AnotherProcessThatWritesTheCopy_IsLeftAlone()
    {
        await using var origin = ScriptedOrigin.With("a.test\n");
        await using var scene = new SubscriptionScene(origin.Url());
        Directory.CreateDirectory(Path.GetDirectoryName(scene.Path)!);
        await using (var other = new FileStream(scene.Path + ".part", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await scene.StartAsync();
            Assert.StartsWith("The copy cannot be written: ", scene.State.Error, StringComparison.Ordinal);
            Assert.True(File.Exists(scene.Path + ".part"));
        }
        await scene.AskAsync();
        Assert.Equal(("a.test\n", null), (scene.Copy, scene.State.Error));
    }

    [Fact]
    public async Task WhoAsksWhileItIsBeingAskedFor_WaitsForThat()
    {
        var gate = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await gate.Task;
            await x.ReplyAsync(200, "a.test\n");
        });
        await using var scene = new SubscriptionScene(origin.Url());
        scene.Subscriptions.Start();
        var asked = scene.Subscriptions.Ask(origin.Url());
        Assert.NotNull(scene.State.Progress);
        Assert.Empty(scene.Subscriptions.Ask("http://elsewhere.test/"));
        gate.SetResult();
        await Task.WhenAll(asked).Within();
        Assert.Equal(1, origin.Heads);
    }

    [Fact]
    public async Task FilterList_ThatIsStillToCome_LeavesTheOthersOfItsRule()
    {
        await using var origin = ScriptedOrigin.With("! Title: ads\n||ads.test^\n");
        await using var scene = new SubscriptionScene(origin.Url(), filters: true);
        var own = scene.Path + ".own";
        Directory.CreateDirectory(Path.GetDirectoryName(own)!);
        await File.WriteAllTextAsync(own, "||own.test^\n", TestContext.Current.CancellationToken);
        await using var censor = Sluice.Policy.Censor.Load(
            [new() { Name = "p", DefaultAllows = true, Rules = [new() { Id = "r", Action = Sluice.Policy.RuleAction.Deny, Filters = [own, scene.Path] }] }],
            scene.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Censor;
        Assert.Equal((true, false), (Denies("own.test"), Denies("ads.test")));
        Assert.Equal([1, 0], censor.Lists().Select(list => list.Entries));
        await scene.StartAsync();
        Assert.True(scene.Denies("ads.test"));
        Assert.Equal((true, true), (Denies("own.test"), Denies("ads.test")));

        bool Denies(string host) => censor.Judge("p", Sluice.Tests.Policy.Ask.Get($"http://{host}/")).Denies;
    }

    private static Task AnswerAsync(OriginExchange x, string answer)
    {
        var (head, body) = (answer.Split('|')[0], answer[(answer.IndexOf('|') + 1)..]);
        switch (head)
        {
            case "reset":
                x.Reset();
                return Task.CompletedTask;
            case "garbage":
                return CloseAfterAsync(x, "nonsense\r\n\r\n");
            case "200 cut":
                return CloseAfterAsync(x, $"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{body}");
            case "200 large":
                return CloseAfterAsync(x, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\na.test\n");
            case "200 chunked large":
                return CloseAfterAsync(x, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n{new string('a', 4097)}\r\n1000\r\n");
            case "200 bomb":
                return x.ReplyAsync(200, Encode("gzip", new string('a', 50 << 20)), "Content-Encoding: gzip");
            case "200 broken":
                return x.ReplyAsync(200, "no gzip at all, at all", "Content-Encoding: gzip");
            case "200 cut gzip":
                return x.ReplyAsync(200, Encode("gzip", "a.test\nb.test\nc.test\n")[..^12], "Content-Encoding: gzip");
            case "200 zstd":
                return x.ReplyAsync(200, body, "Content-Encoding: zstd");
            case "301 loop":
                return x.ReplyAsync(301, "", "Location: /");
            default:
                return x.ReplyAsync(int.Parse(head, System.Globalization.CultureInfo.InvariantCulture), body);
        }
    }

    private static async Task CloseAfterAsync(OriginExchange x, string answer)
    {
        await x.WriteAsync(answer);
        await x.CloseAsync();
    }

    private static byte[] Encode(string coding, string text)
    {
        using var encoded = new MemoryStream();
        using (Stream encoder = coding == "br" ? new BrotliStream(encoded, CompressionLevel.Fastest) : new GZipStream(encoded, CompressionLevel.Fastest))
            encoder.Write(Encoding.Latin1.GetBytes(text));
        return encoded.ToArray();
    }
}
