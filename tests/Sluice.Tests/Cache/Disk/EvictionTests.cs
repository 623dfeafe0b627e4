using Sluice.Cache;
using Sluice.Cache.Disk;

namespace Sluice.Tests.Cache.Disk;

/// <summary>The store stays within its bound; what is asked for stays in the store.</summary>
public class EvictionTests
{
    private const long Size = 16 << 20;

    [Fact]
    public async Task Store_StaysWithinItsBound()
    {
        await using var scene = new DiskScene(Size);
        for (var i = 0; i < 600; i++)
        {
            if (i % 50 == 25)
                await scene.PutLargeAsync($"/large{i}", 1, 1_500_000);
            else
                await scene.PutAsync(scene.Make($"/{i}", length: 100_000));
            Assert.True(scene.Tier.Counters.Bytes <= Size + 1_000_000, $"{scene.Tier.Counters.Bytes} after {i}");
            Assert.Equal(scene.Tier.Counters.Bytes, scene.Segments.Sum(s => new FileInfo(s).Length));
        }
        Assert.True(scene.Tier.Counters.Evictions > 0);
        Assert.Null(await scene.FindAsync("/0"));
        Assert.Equal(DiskScene.BodyOf("/599", 1, 100_000), await scene.ReadAsync("/599"));
    }

    [Fact]
    public async Task WhatIsAskedFor_OutlivesWhatIsNot()
    {
        await using var scene = new DiskScene(Size);
        for (var i = 0; i < 100; i++)
            await scene.PutAsync(scene.Make($"/hot{i}", i, 5000));
        await scene.PutLargeAsync("/hot-large", 1, 2_000_000);
        // Three times what the store holds passes through.
        for (var i = 0; i < 480; i++)
        {
            await scene.PutAsync(scene.Make($"/once{i}", length: 100_000));
            if (i % 20 == 0)
            {
                for (var hot = 0; hot < 100; hot++)
                    await scene.FindAsync($"/hot{hot}");
                await scene.FindAsync("/hot-large");
            }
        }
        for (var hot = 0; hot < 100; hot++)
            Assert.Equal(DiskScene.BodyOf($"/hot{hot}", hot, 5000), await scene.ReadAsync($"/hot{hot}"));
        Assert.True(scene.Tier.Counters.Evictions > 3);
        await scene.ReopenAsync();
        for (var hot = 0; hot < 100; hot++)
            Assert.Equal(DiskScene.BodyOf($"/hot{hot}", hot, 5000), await scene.ReadAsync($"/hot{hot}"));
    }

    [Fact]
    public async Task ReaderOfAnEvictedFile_ReadsOn()
    {
        await using var scene = new DiskScene(Size);
        await scene.PutLargeAsync("/a", 1, 3_000_000);
        var file = (await scene.FindAsync("/a"))!.Body.File!;
        scene.Tier.Clear();
        await scene.Tier.WrittenAsync();
        Assert.Empty(scene.Segments);
        var buffer = new byte[FileBody.BlockBytes];
        Assert.Equal(DiskScene.BodyOf("/a", 1, 3_000_000)[..FileBody.BlockBytes], (await file.ReadAsync(0, buffer)).ToArray());
    }

    [Fact]
    public async Task ReadersBesideAWriterThatEvicts_GetWhatWasStoredOrNothing()
    {
        await using var scene = new DiskScene(Size);
        using var stop = new CancellationTokenSource();
        var wrong = 0;
        var readers = Enumerable.Range(0, 4).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var i = random.Next(400);
                if (await scene.ReadAsync($"/{i}") is { } body && !body.AsSpan().SequenceEqual(DiskScene.BodyOf($"/{i}", 1, LengthOf(i))))
                    Interlocked.Increment(ref wrong);
            }
        })).ToArray();
        for (var i = 0; i < 1200; i++)
        {
            scene.Tier.TryPut(scene.Make($"/{i % 400}", 1, LengthOf(i % 400)));
            if (i % 7 == 0)
                scene.Tier.RemoveAll(DiskScene.Key($"/{i % 300}"));
            if (i % 50 == 0)
                await scene.Tier.WrittenAsync();
        }
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(0, wrong);
        Assert.True(scene.Tier.Counters.Evictions > 0);
    }

    [Fact]
    public async Task RemovalBesideEviction_IsNotUndoneByACopy()
    {
        // What is asked for is copied on when its file goes; what is removed meanwhile must stay away.
        await using var scene = new DiskScene(Size);
        for (var round = 0; round < 6; round++)
        {
            var names = Enumerable.Range(0, 400).Select(i => $"/{round}/{i}").ToArray();
            foreach (var name in names)
                scene.Tier.TryPut(scene.Make(name, length: 3000));
            await scene.Tier.WrittenAsync();
            foreach (var name in names)
                await scene.FindAsync(name);
            // The writer evicts and copies while these go on.
            for (var i = 0; i < 200; i++)
            {
                scene.Tier.TryPut(scene.Make($"/once/{round}/{i}", length: 100_000));
                scene.Tier.RemoveAll(DiskScene.Key(names[2 * i]));
                scene.Tier.RemoveAll(DiskScene.Key(names[2 * i + 1]));
            }
            await scene.Tier.WrittenAsync();
            foreach (var name in names)
                Assert.Null(await scene.FindAsync(name));
        }
        await scene.ReopenAsync();
        for (var round = 0; round < 6; round++)
            for (var i = 0; i < 400; i++)
                Assert.Null(await scene.FindAsync($"/{round}/{i}"));
    }

    [Fact]
    public void IndexOfAMillion_TakesAtMost100BytesEach()
    {
        const int count = 1_000_000;
        var random = new Random(1);
        var index = new DiskIndex();
        for (var i = 0; i < count; i++)
            index.Add(new Slot((ulong)random.NextInt64(long.MinValue, long.MaxValue), 0, 1, i * 8L, 1000, 500, SlotMarks.None));
        Assert.InRange((double)index.Bytes / count, 32, 100);
        Assert.InRange(index.Count, count - 1, count);
    }

    private static int LengthOf(int i) => i % 2 == 0 ? 2000 + i : 60_000 + i;
}
