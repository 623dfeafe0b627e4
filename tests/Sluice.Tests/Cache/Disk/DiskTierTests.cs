using Sluice.Cache;
using Sluice.Cache.Disk;
using Sluice.Http;

namespace Sluice.Tests.Cache.Disk;

/// <summary>What is stored is found, also after a restart; what was taken away is not.</summary>
public class DiskTierTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(DiskTier.MostRead)]
    [InlineData(DiskTier.MostRead + 1)]
    [InlineData(FileBody.BlockBytes * 3 + 5)]
    [InlineData(DiskTier.MostShared)]
    public async Task Entry_IsFoundAsItWasStored_AlsoAfterARestart(int length)
    {
        await using var scene = new DiskScene();
        var stored = scene.Make("/a?b=\u00e9", length: length, trailers: new FieldList { { "X-Sum", "9" } });
        await scene.PutAsync(stored);
        for (var restarts = 0; restarts < 2; restarts++)
        {
            Assert.Equal(DiskScene.BodyOf("/a?b=\u00e9", 1, length), await scene.ReadAsync("/a?b=\u00e9"));
            var found = (await scene.FindAsync("/a?b=\u00e9"))!;
            Assert.Equal(stored.Head.Fields, found.Head.Fields);
            Assert.Equal(stored.Head.Status, found.Head.Status);
            Assert.Equal(stored.Head.Freshness.Numbers, found.Head.Freshness.Numbers);
            Assert.Equal(stored.Head.Directives.Numbers, found.Head.Directives.Numbers);
            Assert.Equal(stored.Trailers, found.Trailers!);
            Assert.Equal(7, found.BanStamp);
            Assert.Equal(length, found.Body.Length);
            await scene.ReopenAsync();
        }
    }

    [Fact]
    public async Task AnotherKey_IsNotFound()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        Assert.True(scene.Tier.MayHold(DiskScene.Key("/a")));
        Assert.False(scene.Tier.MayHold(DiskScene.Key("/b")));
        Assert.False(scene.Tier.MayHold(DiskScene.Key("/a", scope: "route")));
    }

    [Fact]
    public async Task WhatIsNotYetWritten_IsFound()
    {
        await using var scene = new DiskScene();
        for (var i = 0; i < 200; i++)
        {
            scene.Tier.TryPut(scene.Make($"/{i}", length: 20_000));
            Assert.NotNull(await scene.FindAsync($"/{i}"));
        }
    }

    [Fact]
    public async Task Variants_AreKeptBesideEachOther()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/", version: 1, language: "de"));
        await scene.PutAsync(scene.Make("/", version: 2, language: "fr"));
        await scene.PutAsync(scene.Make("/", version: 3, language: "de"));
        for (var restarts = 0; restarts < 2; restarts++)
        {
            Assert.Equal(DiskScene.BodyOf("/", 3, 1000), await scene.ReadAsync("/", "de"));
            Assert.Equal(DiskScene.BodyOf("/", 2, 1000), await scene.ReadAsync("/", "fr"));
            Assert.Null(await scene.ReadAsync("/", "it"));
            Assert.Equal(2, scene.Tier.Counters.Entries);
            await scene.ReopenAsync();
        }
    }

    [Fact]
    public async Task LargeBody_HasAFileOfItsOwn()
    {
        await using var scene = new DiskScene();
        Assert.True(await scene.PutLargeAsync("/iso", 1, 5_000_001));
        Assert.Equal(".one", Path.GetExtension(Assert.Single(scene.Segments)));
        for (var restarts = 0; restarts < 2; restarts++)
        {
            Assert.Equal(DiskScene.BodyOf("/iso", 1, 5_000_001), await scene.ReadAsync("/iso"));
            await scene.ReopenAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NewerAnswer_TakesThePlaceOfALargeOneAlsoAfterARestart(bool largeAgain)
    {
        // A file of its own is numbered when it is begun: it may be newer by its number than what has taken its place.
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/first"));
        await scene.PutLargeAsync("/a", 1, 3_000_000);
        if (largeAgain)
            await scene.PutLargeAsync("/a", 2, 2_000_000);
        else
            await scene.PutAsync(scene.Make("/a", 2, 2000));
        await scene.ReopenAsync();
        Assert.Equal(DiskScene.BodyOf("/a", 2, largeAgain ? 2_000_000 : 2000), await scene.ReadAsync("/a"));
        Assert.Equal(2, scene.Tier.Counters.Entries);
    }

    [Fact]
    public async Task AbandonedBody_LeavesNothing()
    {
        await using var scene = new DiskScene();
        var writer = scene.Tier.TryBegin()!;
        writer.Append(new byte[3_000_000]);
        writer.Abandon();
        await scene.Tier.WrittenAsync();
        Assert.Empty(scene.Segments);
        Assert.Equal(0, scene.Tier.Counters.Bytes);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2_000_000)]
    public async Task RemovedKey_DoesNotComeBack(int length)
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/keep"));
        await scene.PutAsync("/a", length);
        Assert.True(scene.Tier.RemoveAll(DiskScene.Key("/a")));
        Assert.Null(await scene.FindAsync("/a"));
        await scene.ReopenAsync();
        Assert.Null(await scene.FindAsync("/a"));
        Assert.NotNull(await scene.FindAsync("/keep"));
        await scene.PutAsync(scene.Make("/a", version: 2));
        await scene.ReopenAsync();
        Assert.Equal(DiskScene.BodyOf("/a", 2, 1000), await scene.ReadAsync("/a"));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2_000_000)]
    public async Task RemovedWhileItWaits_IsNotWritten(int length)
    {
        await using var scene = new DiskScene();
        for (var i = 0; i < 20; i++)
        {
            Assert.True(length > DiskTier.MostShared ? scene.PutLarge("/a", i, length) : scene.Tier.TryPut(scene.Make("/a", i, length)));
            Assert.True(scene.Tier.RemoveAll(DiskScene.Key("/a")));
            Assert.Null(await scene.FindAsync("/a"));
            if (i % 2 > 0)
                await scene.Tier.WrittenAsync();
            Assert.Null(await scene.FindAsync("/a"));
        }
        await scene.ReopenAsync();
        Assert.Null(await scene.FindAsync("/a"));
        Assert.DoesNotContain(scene.Segments, file => file.EndsWith(".one", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(3_000_000)]
    public async Task RemovedMeanwhile_DoesNotComeBackUnderANewHead(int length)
    {
        await using var scene = new DiskScene();
        await scene.PutAsync("/a", length);
        var old = (await scene.FindAsync("/a"))!;
        scene.Tier.RemoveAll(DiskScene.Key("/a"));
        scene.Tier.Update(old.With(old.Head.FreshenedBy([], new FieldList { { "Cache-Control", "max-age=60" } }, new Receipt(scene.Now, scene.Now, null))));
        await scene.Tier.WrittenAsync();
        Assert.Null(await scene.FindAsync("/a"));
        await scene.ReopenAsync();
        Assert.Null(await scene.FindAsync("/a"));
    }

    [Fact]
    public async Task Clear_LeavesNothingAndStoresAgain()
    {
        await using var scene = new DiskScene();
        for (var i = 0; i < 20; i++)
            scene.Tier.TryPut(scene.Make($"/{i}"));
        scene.Tier.Clear();
        await scene.Tier.WrittenAsync();
        Assert.Empty(scene.Segments);
        Assert.Equal(0, scene.Tier.Counters.Entries);
        await scene.PutAsync(scene.Make("/new"));
        await scene.ReopenAsync();
        Assert.Equal(1, scene.Tier.Counters.Entries);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(200_000)]
    [InlineData(3_000_000)]
    public async Task NewHead_IsFoundWithTheOldBody(int length)
    {
        await using var scene = new DiskScene();
        await scene.PutAsync("/a", length);
        for (var i = 1; i <= 3; i++)
        {
            scene.Time.Advance(TimeSpan.FromMinutes(1));
            var old = (await scene.FindAsync("/a"))!;
            var update = new FieldList { { "X-Round", $"{i}" }, { "Cache-Control", "max-age=60" } };
            scene.Tier.Update(old.With(old.Head.FreshenedBy([], update, new Receipt(scene.Now, scene.Now, null))));
            await scene.Tier.WrittenAsync();
            for (var restarts = 0; restarts < 2; restarts++)
            {
                Assert.Equal($"{i}", (await scene.FindAsync("/a"))!.Head.Fields.Get("X-Round"));
                Assert.Equal(DiskScene.BodyOf("/a", 1, length), await scene.ReadAsync("/a"));
                await scene.ReopenAsync();
            }
        }
    }

    [Fact]
    public async Task ClockThatSteppedBackOverARestart_MakesAnAnswerAsOldAsCanBe()
    {
        // RFC 9111 s.4.2.3: its age is not known.
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        Assert.True((await scene.FindAsync("/a"))!.Head.Freshness.AgeTicks(scene.Now) < TimeSpan.FromMinutes(1).Ticks);
        scene.Time.Step(TimeSpan.FromDays(-30));
        await scene.ReopenAsync();
        var age = (await scene.FindAsync("/a"))!.Head.Freshness.AgeTicks(scene.Now);
        Assert.True(age > TimeSpan.FromDays(365).Ticks, $"{new TimeSpan(age)}");
    }

    [Fact]
    public async Task WallClockThatStepsBack_HidesNoAgeOfWhatThisProcessPutOnDisk()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        scene.Time.Advance(TimeSpan.FromMinutes(2));
        scene.Time.Step(TimeSpan.FromHours(-1));
        var age = new TimeSpan((await scene.FindAsync("/a"))!.Head.Freshness.AgeTicks(scene.Now));
        Assert.True(age >= TimeSpan.FromMinutes(2) && age < TimeSpan.FromMinutes(3), $"{age}");
    }

    [Fact]
    public async Task OneFolder_IsForOneStore()
    {
        await using var scene = new DiskScene();
        var options = new DiskOptions { Path = scene.Folder, SizeBytes = 64 << 20 };
        var refused = Assert.Throws<DiskCacheException>(() => new DiskTier(options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        Assert.Contains(scene.Folder, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreOfAnotherVersion_IsBegunAnew()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        await scene.ReopenAsync(() => File.WriteAllText(Path.Combine(scene.Folder, "store"), "sluice cache 0\n00\n"));
        Assert.Null(await scene.FindAsync("/a"));
        await scene.PutAsync(scene.Make("/b"));
        Assert.NotNull(await scene.FindAsync("/b"));
    }
}
