using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class HttpDateTests
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // RFC 9110 s.5.6.7: the three formats, and how each is read: strictly and leniently
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", true, true)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", true, true)]
    [InlineData("Sun Nov  6 08:49:37 1994", true, true)]
    [InlineData("sun, 06 NOV 1994 08:49:37 gmt", false, true)]
    [InlineData("SUNDAY, 06-nov-94 08:49:37 Gmt", false, true)]
    [InlineData("Mon, 06 Nov 1994 08:49:37 GMT", true, true)] // the wrong day's name says nothing
    [InlineData("Sun, 06 Nov 1994 08:49:37 UTC", false, false)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 +0000", false, false)]
    [InlineData("Sun, 06 Nov 1994 08:49:37", false, false)]
    [InlineData("Sun, 6 Nov 1994 08:49:37 GMT", false, false)]
    [InlineData("Sun, 06 Nov 94 08:49:37 GMT", false, false)]
    [InlineData("Sun, 06 Nov 1994 8:49:37 GMT", false, false)]
    [InlineData("Sun,  06 Nov 1994 08:49:37 GMT", false, false)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT ", false, false)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT, x", false, false)]
    [InlineData("Sun Nov 06 08:49:37 1994", true, true)]
    [InlineData("Sun Nov 6 08:49:37 1994", false, false)]
    [InlineData("06 Nov 1994 08:49:37 GMT", false, false)]
    [InlineData("1994-11-06T08:49:37Z", false, false)]
    [InlineData("F000 00 Mar 0000", false, false)]
    [InlineData("0", false, false)]
    [InlineData("-1", false, false)]
    [InlineData("", false, false)]
    public void Text_IsTheMomentOrNone(string text, bool strict, bool lenient)
    {
        var expected = new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero);
        Assert.Equal((strict, strict ? expected : default), (HttpDate.TryParse(text, Now, out var value), value));
        Assert.Equal((lenient, lenient ? expected : default), (HttpDate.TryParseLeniently(text, Now, out value), value));
    }

    [Theory]
    [InlineData("Fri, 31 Feb 2020 00:00:00 GMT")]
    [InlineData("Fri, 00 Jan 2020 00:00:00 GMT")]
    [InlineData("Fri, 01 Jan 0000 00:00:00 GMT")]
    [InlineData("Fri, 01 Jan 2020 24:00:00 GMT")]
    [InlineData("Fri, 01 Jan 2020 00:60:00 GMT")]
    [InlineData("Fri, 01 Jan 2020 00:00:61 GMT")]
    public void MomentThatIsNone_IsRefused(string text) => Assert.False(HttpDate.TryParseLeniently(text, Now, out _));

    [Theory]
    // RFC 9110 s.5.6.7: "more than 50 years in the future ... the most recent year in the past that had the same last two digits"
    [InlineData(2026, "76", 2076)]
    [InlineData(2026, "77", 1977)]
    [InlineData(2026, "00", 2000)]
    [InlineData(2099, "01", 2101)]
    public void TwoDigitYear_IsNeverMoreThan50YearsAhead(int now, string digits, int year)
    {
        Assert.True(HttpDate.TryParse($"Friday, 01-Jan-{digits} 00:00:00 GMT", new DateTimeOffset(now, 1, 1, 0, 0, 0, TimeSpan.Zero), out var value));
        Assert.Equal(year, value.Year);
    }

    [Fact]
    public void LeapSecond_IsRead()
    {
        Assert.True(HttpDate.TryParse("Sat, 31 Dec 2016 23:59:60 GMT", Now, out var value));
        Assert.Equal(59, value.Second);
    }

    [Fact]
    public void WhatIsWritten_IsRead() =>
        Gen.DateTimeOffset.Sample(moment =>
        {
            var second = new DateTimeOffset(moment.UtcTicks - moment.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
            Assert.True(HttpDate.TryParse(HttpDate.Format(moment), Now, out var value));
            Assert.Equal(second, value);
            Assert.Same(HttpDate.Format(second), HttpDate.Format(second));
        }, threads: 1);

    [Fact]
    public void AnyText_IsReadWithoutFailing() => Gen.String.Sample(text => { HttpDate.TryParseLeniently(text, Now, out _); });
}
