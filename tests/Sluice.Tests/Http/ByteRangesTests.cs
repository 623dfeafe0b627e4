using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class ByteRangesTests
{
    [Theory]
    // RFC 9110 s.14.1.1, s.14.1.2, s.14.2; of a representation of 10000 octets as in the RFC's examples
    [InlineData("bytes=0-499", RangeOutcome.Partial, "0-499")]
    [InlineData("bytes=500-999", RangeOutcome.Partial, "500-999")]
    [InlineData("bytes=-500", RangeOutcome.Partial, "9500-9999")]
    [InlineData("bytes=9500-", RangeOutcome.Partial, "9500-9999")]
    [InlineData("bytes=0-0,-1", RangeOutcome.Partial, "0-0 9999-9999")]
    [InlineData("bytes= 0-999, 4500-5499, -1000", RangeOutcome.Partial, "0-999 4500-5499 9000-9999")]
    [InlineData("BYTES=0-0", RangeOutcome.Partial, "0-0")]
    [InlineData("bytes=,0-0,,", RangeOutcome.Partial, "0-0")]
    [InlineData("bytes=9999-99999999999999999999999", RangeOutcome.Partial, "9999-9999")]
    [InlineData("bytes=-99999999999999999999999", RangeOutcome.Partial, "0-9999")]
    [InlineData("bytes=5-6,10000-", RangeOutcome.Partial, "5-6")]
    [InlineData("bytes=10000-", RangeOutcome.Unsatisfiable, "")]
    [InlineData("bytes=99999999999999999999999-", RangeOutcome.Unsatisfiable, "")]
    [InlineData("bytes=-0", RangeOutcome.Unsatisfiable, "")]
    [InlineData("bytes=500-600,601-999", RangeOutcome.Partial, "500-600 601-999")]
    [InlineData("bytes=500-700,601-999", RangeOutcome.Ignore, "")]
    [InlineData("bytes=0-,0-", RangeOutcome.Ignore, "")]
    [InlineData("bytes=0-0,-0,-1", RangeOutcome.Partial, "0-0 9999-9999")]
    [InlineData("bytes", RangeOutcome.Ignore, "")]
    [InlineData("bytes=", RangeOutcome.Ignore, "")]
    [InlineData("bytes=-", RangeOutcome.Ignore, "")]
    [InlineData("bytes=1", RangeOutcome.Ignore, "")]
    [InlineData("bytes=2-1", RangeOutcome.Ignore, "")]
    [InlineData("bytes=+1-2", RangeOutcome.Ignore, "")]
    [InlineData("bytes=1-2-3", RangeOutcome.Ignore, "")]
    [InlineData("bytes=--1", RangeOutcome.Ignore, "")]
    [InlineData("bytes=1 - 2", RangeOutcome.Ignore, "")]
    [InlineData("bytes=0x1-0x2", RangeOutcome.Ignore, "")]
    [InlineData("bytes=1-2,x", RangeOutcome.Ignore, "")]
    [InlineData("bytes =1-2", RangeOutcome.Ignore, "")]
    [InlineData("seconds=1-2", RangeOutcome.Ignore, "")]
    [InlineData("", RangeOutcome.Ignore, "")]
    public void Field_MeansTheseRanges(string field, RangeOutcome outcome, string expected)
    {
        Assert.Equal(outcome, ByteRanges.Resolve(field, 10_000, out var ranges));
        Assert.Equal(expected, string.Join(' ', ranges.Select(r => $"{r.First}-{r.Last}")));
    }

    [Theory]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-1")]
    public void EmptyRepresentation_IsSentWhole(string field) => Assert.Equal(RangeOutcome.Ignore, ByteRanges.Resolve(field, 0, out _));

    [Theory]
    [InlineData(ByteRanges.MaxRanges, RangeOutcome.Partial)]
    [InlineData(ByteRanges.MaxRanges + 1, RangeOutcome.Ignore)]
    [InlineData(10_000, RangeOutcome.Ignore)]
    public void ManyRanges_AreCapped(int count, RangeOutcome outcome) =>
        Assert.Equal(outcome, ByteRanges.Resolve("bytes=" + string.Join(',', Enumerable.Range(0, count).Select(i => $"{i * 2}-{i * 2}")), 100_000, out _));

    [Fact]
    public void AnyField_GivesRangesWithinTheRepresentation() =>
        Gen.String[Gen.Char["0123456789-, x"], 0, 30].Select(Gen.Long[0, 1000]).Sample((specs, length) =>
        {
            var outcome = ByteRanges.Resolve("bytes=" + specs, length, out var ranges);
            Assert.Equal(outcome == RangeOutcome.Partial, ranges.Length > 0);
            Assert.All(ranges, r => Assert.True(r.First >= 0 && r.First <= r.Last && r.Last < length));
            Assert.True(ranges.Sum(r => r.Length) <= length);
        });
}
