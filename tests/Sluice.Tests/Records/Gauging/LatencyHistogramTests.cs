using Sluice.Records.Gauging;

namespace Sluice.Tests.Records.Gauging;

public class LatencyHistogramTests
{
    [Fact]
    public void EveryDuration_IsToldWithinAThirtieth()
    {
        for (var microseconds = 1.0; microseconds < 6e10; microseconds *= 1.013)
        {
            var histogram = new LatencyHistogram();
            var duration = TimeSpan.FromMicroseconds(Math.Floor(microseconds));
            histogram.Add(duration);
            Assert.InRange(histogram.Quantile(0.5)!.Value / duration.TotalMilliseconds, 1 - 1 / 31.0, 1 + 1 / 31.0);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(1e15, 6.7e7)]
    public void WhatIsOutOfBounds_IsToldAsTheBound(double microseconds, double milliseconds)
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromMicroseconds(microseconds));
        Assert.Equal(milliseconds, histogram.Quantile(0.99)!.Value, tolerance: milliseconds / 20 + 1e-9);
    }

    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.9, 900)]
    [InlineData(0.99, 990)]
    [InlineData(1, 1000)]
    public void Quantiles_AreThoseOfAllDurations(double quantile, double milliseconds)
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++)
            histogram.Add(TimeSpan.FromMilliseconds(i));
        Assert.Equal(milliseconds, histogram.Quantile(quantile)!.Value, tolerance: milliseconds / 20);
    }

    [Fact]
    public void Quantiles_OfSumsAreThoseOfTheWhole()
    {
        var (whole, sum) = (new LatencyHistogram(), new LatencyHistogram());
        for (var part = 0; part < 10; part++)
        {
            var one = new LatencyHistogram();
            for (var i = 0; i < 100; i++)
            {
                var duration = TimeSpan.FromMicroseconds(Math.Pow(1.3, part + i / 7.0));
                one.Add(duration);
                whole.Add(duration);
            }
            sum.Add(one.Take());
            Assert.Null(one.Quantile(0.5));
        }
        foreach (var quantile in new[] { 0.01, 0.5, 0.9, 0.99 })
            Assert.Equal(whole.Quantile(quantile), sum.Quantile(quantile));
    }

    [Fact]
    public void None_HasNoQuantile() => Assert.Null(new LatencyHistogram().Quantile(0.5));
}
