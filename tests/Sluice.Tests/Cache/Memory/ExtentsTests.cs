using System.Buffers;
using CsCheck;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Tests.Cache.Memory;

public class ExtentsTests
{
    private static Extent Part(long first, byte[] octets) =>
        new(first, new Body(new ReadOnlySequence<byte>(octets), octets.Length + BodyBuilder.BlockCost));

    private static Extent Part(long first, int length, byte octet = 1) => Part(first, [.. Enumerable.Repeat(octet, length)]);

    private static string Text(Extents extents) => string.Join(' ', extents.All.ToArray().Select(e => $"{e.First}-{e.Last}"));

    [Theory]
    [InlineData("apart", "10-19 30-39", "50-59", "10-19 30-39 50-59")]
    [InlineData("between", "10-19 50-59", "30-39", "10-19 30-39 50-59")]
    [InlineData("touching the one before", "10-19", "20-29", "10-29")]
    [InlineData("touching the one behind", "20-29", "10-19", "10-29")]
    [InlineData("closing a hole", "10-19 30-39", "20-29", "10-39")]
    [InlineData("over the end", "10-19", "15-25", "10-25")]
    [InlineData("within", "10-19", "12-13", "10-19")]
    [InlineData("over several", "10-19 30-39 50-59", "15-55", "10-59")]
    [InlineData("over all", "10-19 30-39", "0-99", "0-99")]
    [InlineData("the same again", "10-19", "10-19", "10-19")]
    public void Octets_JoinWhatIsHeld(string what, string held, string newer, string expected)
    {
        Extents? extents = null;
        foreach (var range in $"{held} {newer}".Split(' '))
        {
            var (first, last) = (int.Parse(range.Split('-')[0], null), int.Parse(range.Split('-')[1], null));
            var part = Part(first, last - first + 1);
            extents = extents?.With(part, 1000) ?? new Extents(part);
        }
        Assert.True(expected == Text(extents!), $"{what}: {Text(extents!)}");
    }

    [Fact]
    public void AnyRanges_AreHeldAsABitmapHoldsThem() =>
        Gen.Select(Gen.Int[0, 299], Gen.Int[1, 80], Gen.Byte).List[1, 40].Sample(parts =>
        {
            Extents? extents = null;
            var (octets, held) = (new byte[400], new bool[400]);
            foreach (var (first, length, octet) in parts)
            {
                extents = extents?.With(Part(first, length, octet), 1000) ?? new Extents(Part(first, length, octet));
                octets.AsSpan(first, length).Fill(octet);
                held.AsSpan(first, length).Fill(true);
                Compare(extents, octets, held);
            }
        });

    [Fact]
    public void MoreThanMayBe_TheSmallestGoAndTheNewestStays()
    {
        var extents = new Extents(Part(0, 5));
        for (var i = 1; i <= Extents.Most; i++)
            extents = extents.With(Part(i * 100, i == 7 ? 1 : 10 + i), long.MaxValue);
        Assert.Equal(Extents.Most, extents.All.Length);
        Assert.False(extents.Covers(new ByteRange(700, 700)));
        Assert.True(extents.Covers(new ByteRange(Extents.Most * 100, Extents.Most * 100)));
        // Even where the newest is the smallest.
        extents = extents.With(Part(99_999, 1), long.MaxValue);
        Assert.True(extents.All.Length == Extents.Most && extents.Covers(new ByteRange(99_999, 99_999)) && !extents.Covers(new ByteRange(0, 0)));
    }

    [Fact]
    public void MoreOctetsThanMayBe_AreNeverHeld() =>
        Gen.Select(Gen.Int[0, 999], Gen.Int[1, 100]).List[1, 40].Sample(parts =>
        {
            var extents = new Extents(Part(0, 10));
            foreach (var (first, length) in parts)
            {
                extents = extents.With(Part(first, length), 100);
                Assert.True(extents.Octets <= 100 && extents.Covers(new ByteRange(first, first + length - 1)));
            }
        });

    [Fact]
    public void ManySmallPartsInARow_BecomeBlocks()
    {
        var extents = new Extents(Part(0, 1));
        for (var i = 1; i < 3000; i++)
            extents = extents.With(Part(i, 1), long.MaxValue);
        Assert.Equal(3000 + BodyBuilder.BlockCost, extents.Whole(3000)!.Cost);
        Assert.True(extents.Whole(3000)!.Content.IsSingleSegment);
        Assert.Null(extents.Whole(3001));
        Assert.Null(extents.Whole(null));
    }

    [Fact]
    public void CutBlock_CountsWhole()
    {
        var extents = new Extents(Part(0, 60_000)).With(Part(30_000, 60_000), long.MaxValue);
        Assert.Equal(90_000, extents.Octets);
        Assert.True(extents.Cost > 2 * 60_000);
    }

    private static void Compare(Extents extents, byte[] octets, bool[] held)
    {
        Assert.Equal(held.Count(h => h), extents.Octets);
        for (var at = 0; at < held.Length; at++)
        {
            var read = extents.Read(at, held.Length - 1).ToArray();
            var expected = held.AsSpan(at).IndexOf(false);
            Assert.True(octets.AsSpan(at, expected).SequenceEqual(read));
            Assert.Equal(held[at], extents.Covers(new ByteRange(at, at)));
            if (held[at])
                continue;
            var hole = extents.HoleAt(at);
            Assert.Equal(held.AsSpan(0, at).LastIndexOf(true) + 1, hole.First);
            var next = held.AsSpan(at).IndexOf(true);
            Assert.Equal(next < 0 ? long.MaxValue : at + next - 1, hole.Last);
        }
    }
}
