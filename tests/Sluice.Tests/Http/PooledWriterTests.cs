using System.Buffers;
using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class PooledWriterTests
{
    [Fact]
    public void Parts_StayAsTheyWereHoweverMuchFollows() =>
        // What is written, and whether a part ends there.
        Gen.Select(Gen.Byte, Gen.Frequency((5, Gen.Int[1, 50]), (2, Gen.Int[1, 9000])), Gen.Bool).Array[1, 30].Sample(writes =>
        {
            var writer = new PooledWriter();
            var all = new List<byte>();
            var parts = new List<ArraySegment<byte>>();
            var referred = 0;
            foreach (var (octet, count, ends) in writes)
            {
                writer.GetSpan(count)[..count].Fill(octet);
                writer.Advance(count);
                all.AddRange(Enumerable.Repeat(octet, count));
                if (!ends)
                    continue;
                parts.Add(writer.Part(referred));
                referred = writer.Length;
            }
            Assert.Equal(all.Count, writer.Length);
            Assert.True(all.ToArray().AsSpan().SequenceEqual(writer.Written.Span));
            Assert.True(all[..referred].ToArray().AsSpan().SequenceEqual(parts.SelectMany(part => part).ToArray()));
            writer.Reset();
        }, iter: 500);

    [Fact]
    public void Reset_GivesEachArrayBackOnce()
    {
        // On one thread, what is given back twice is given out twice.
        var writer = new PooledWriter();
        for (var i = 0; i < 3; i++)
        {
            writer.Write(new byte[10]);
            _ = writer.Part(0);
            writer.Write(new byte[5000]);
            _ = writer.Part(10);
            writer.Write(new byte[20_000]);
            writer.Reset();
            writer.Reset();
            Assert.Equal((0, 0), (writer.Length, writer.Written.Length));
        }
        var rented = new[] { 4 << 10, 8 << 10, 16 << 10, 32 << 10 }
            .SelectMany(size => Enumerable.Range(0, 10).Select(_ => ArrayPool<byte>.Shared.Rent(size))).ToList();
        Assert.Equal(rented.Count, rented.Distinct().Count());
        rented.ForEach(array => ArrayPool<byte>.Shared.Return(array));
    }
}
