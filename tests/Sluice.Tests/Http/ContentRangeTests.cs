using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class ContentRangeTests
{
    [Theory]
    // RFC 9110 s.14.4: its examples
    [InlineData("bytes 42-1233/1234", 42L, 1233L, 1234L)]
    [InlineData("bytes 42-1233/*", 42L, 1233L, null)]
    [InlineData("bytes 0-0/1", 0L, 0L, 1L)]
    [InlineData("BYTES 0-0/1", 0L, 0L, 1L)]
    [InlineData("bytes 007-010/100", 7L, 10L, 100L)]
    [InlineData("bytes 0-9223372036854775805/9223372036854775806", 0L, 9223372036854775805L, 9223372036854775806L)]
    public void Field_SaysWhichOctets(string field, long first, long last, long? complete)
    {
        Assert.True(ContentRange.TryParse(field, out var range));
        Assert.Equal(new ContentRange(new ByteRange(first, last), complete), range);
    }

    [Theory]
    // "invalid if it contains a range-resp whose last-pos value is less than its first-pos value"
    [InlineData("bytes 5-4/10")]
    // "or a complete-length value less than or equal to its last-pos value"
    [InlineData("bytes 0-10/10")]
    [InlineData("bytes 0-0/0")]
    // of a 416 only
    [InlineData("bytes */10")]
    [InlineData("bytes */x")]
    [InlineData("bytes */*")]
    [InlineData("bytes 0-1/")]
    [InlineData("bytes 0-1")]
    [InlineData("bytes 0-/5")]
    [InlineData("bytes -1/5")]
    [InlineData("bytes -1-2/5")]
    [InlineData("bytes 0--2/5")]
    [InlineData("bytes +0-1/5")]
    [InlineData("bytes 0 - 1/5")]
    [InlineData("bytes 0-1 /5")]
    [InlineData("bytes 0-1/5 ")]
    [InlineData("bytes  0-1/5")]
    [InlineData("bytes=0-1/5")]
    [InlineData("bytes 0-1/-5")]
    [InlineData("bytes 0x0-0x1/5")]
    [InlineData("bytes 0-1/5, bytes 2-3/5")]
    [InlineData("bytes 0-9223372036854775807/*")]
    [InlineData("bytes 0-1/9223372036854775808")]
    [InlineData("bytes 18446744073709551616-18446744073709551617/*")]
    [InlineData("lines 0-1/5")]
    [InlineData("bytes")]
    [InlineData("")]
    public void WhatIsNoRange_IsRefused(string field) => Assert.False(ContentRange.TryParse(field, out _));

    [Fact]
    public void AnyText_IsARangeWithinItsLength() =>
        Gen.String[Gen.Char["0123456789-/* "], 0, 20].Sample(text =>
        {
            if (ContentRange.TryParse("bytes " + text, out var range))
                Assert.True(range.Range.First >= 0 && range.Range.First <= range.Range.Last && !(range.CompleteLength <= range.Range.Last));
        });

    [Fact]
    public void AnyRange_ComesBackAsItWasWritten() =>
        Gen.Select(Gen.Long[0, 1L << 62], Gen.Long[0, 1L << 40], Gen.Long[1, 1L << 40], Gen.Bool).Sample((first, more, rest, known) =>
        {
            var range = new ContentRange(new ByteRange(first, first + more), known ? first + more + rest : null);
            Assert.True(ContentRange.TryParse(range.ToString(), out var again));
            Assert.Equal(range, again);
        });
}
