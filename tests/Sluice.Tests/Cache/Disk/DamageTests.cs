using Sluice.Cache.Disk;

namespace Sluice.Tests.Cache.Disk;

/// <summary>Whatever has become of the files: what is served is what was stored, or nothing.</summary>
public class DamageTests
{
    private const int Entries = 12;

    [Fact]
    public async Task FileCutOffAnywhere_LosesOnlyWhatWasCutOff()
    {
        await using var scene = await FilledAsync();
        var segment = Assert.Single(scene.Segments);
        var whole = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        var ends = RecordEnds(whole);
        // The last record and the list behind it, at each octet; the rest at steps.
        var lengths = Enumerable.Range(0, ends[^2]).Where(at => at % 997 == 0).Concat(Enumerable.Range(ends[^2], whole.Length - ends[^2]));
        foreach (var length in lengths)
        {
            await scene.ReopenAsync(() =>
            {
                foreach (var old in scene.Segments)
                    File.Delete(old);
                File.WriteAllBytes(segment, whole[..length]);
            });
            await AssertRightOrNothingAsync(scene, atLeast: ends.Count(end => end <= length));
        }
    }

    [Fact]
    public async Task OctetsThatChange_AreNeverServed()
    {
        await using var scene = await FilledAsync();
        var segment = Assert.Single(scene.Segments);
        var whole = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var damaged = (byte[])whole.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            // With the list, and without: the records' own headers are believed then.
            if (round % 2 == 0)
                damaged = damaged[..^8];
            await scene.ReopenAsync(() =>
            {
                foreach (var old in scene.Segments)
                    File.Delete(old);
                File.WriteAllBytes(segment, damaged);
            });
            await AssertRightOrNothingAsync(scene, atLeast: 0);
        }
    }

    [Fact]
    public async Task LargeBodyThatChanged_IsNotServedBeyondThat()
    {
        await using var scene = new DiskScene();
        await scene.PutLargeAsync("/a", 1, 3_000_000);
        await scene.ReopenAsync(() =>
        {
            using var file = File.OpenHandle(Assert.Single(scene.Segments), access: FileAccess.ReadWrite);
            RandomAccess.Write(file, "other"u8, 2_000_000);
        });
        var file = (await scene.FindAsync("/a"))!.Body.File!;
        var buffer = new byte[Sluice.Cache.FileBody.BlockBytes];
        long at = 0;
        for (ReadOnlyMemory<byte> octets; !(octets = await file.ReadAsync(at, buffer)).IsEmpty; at += octets.Length)
            Assert.Equal(DiskScene.BodyOf("/a", 1, 3_000_000)[(int)at..(int)(at + octets.Length)], octets.ToArray());
        Assert.Equal(2_000_000 / buffer.Length * buffer.Length, at);
        Assert.False(file.IsVerified);
        Assert.Null(await scene.FindAsync("/a"));
        Assert.Equal(1, scene.Tier.Counters.Damaged);
    }

    [Fact]
    public async Task LargeBody_IsVerifiedOnceItWasReadThrough()
    {
        await using var scene = new DiskScene();
        await scene.PutLargeAsync("/a", 1, 3_000_000);
        Assert.True((await scene.FindAsync("/a"))!.Body.File!.IsVerified);
        await scene.ReopenAsync();
        Assert.False((await scene.FindAsync("/a"))!.Body.File!.IsVerified);
        await scene.ReadAsync("/a");
        Assert.True((await scene.FindAsync("/a"))!.Body.File!.IsVerified);
    }

    [Fact]
    public async Task FilesThatAreNoneOfOurs_AreLeftAlone()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        var other = Path.Combine(scene.Folder, "notes.seg");
        await scene.ReopenAsync(() => File.WriteAllText(other, "not a segment"));
        Assert.NotNull(await scene.FindAsync("/a"));
        Assert.True(File.Exists(other));
    }

    [Fact]
    public async Task EmptyAndForeignSegments_AreForgotten()
    {
        await using var scene = new DiskScene();
        await scene.PutAsync(scene.Make("/a"));
        await scene.ReopenAsync(() =>
        {
            File.WriteAllBytes(Path.Combine(scene.Folder, "00000aaa.seg"), []);
            File.WriteAllBytes(Path.Combine(scene.Folder, "00000aab.one"), new byte[5000]);
        });
        Assert.NotNull(await scene.FindAsync("/a"));
        await scene.PutAsync(scene.Make("/b"));
        Assert.NotNull(await scene.FindAsync("/b"));
    }

    /// <summary>Entries of several sizes, closed once so that the list is written.</summary>
    private static async Task<DiskScene> FilledAsync()
    {
        var scene = new DiskScene();
        for (var i = 0; i < Entries; i++)
            await scene.PutAsync(scene.Make($"/{i}", i, LengthOf(i)));
        await scene.ReopenAsync();
        return scene;
    }

    private static int LengthOf(int i) => i % 3 == 0 ? 20_000 + i : 300 * i;

    private static List<int> RecordEnds(byte[] segment)
    {
        var ends = new List<int>();
        for (var at = 0; RecordHeader.TryRead(segment.AsSpan(at), out var header);)
        {
            at += (int)header.Length;
            if (header.Kind != RecordKind.Padding)
                ends.Add(at);
        }
        return ends;
    }

    private static async Task AssertRightOrNothingAsync(DiskScene scene, int atLeast)
    {
        var found = 0;
        for (var i = 0; i < Entries; i++)
        {
            if (await scene.ReadAsync($"/{i}") is not { } body)
                continue;
            Assert.Equal(DiskScene.BodyOf($"/{i}", i, LengthOf(i)), body);
            found++;
        }
        Assert.True(found >= atLeast, $"{found} instead of {atLeast}");
    }
}
