using Sluice.Policy.Users;

namespace Sluice.Tests.Policy.Users;

public class GuessLimitTests
{
    private static readonly Digest Key = new(1, 2);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void SomeAtOnce_ThenOneEachInterval()
    {
        var limit = new GuessLimit(3, 10 * Second);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(limit.WaitFor(Key, TimeSpan.Zero) <= TimeSpan.Zero);
            limit.Pay(Key, TimeSpan.Zero);
        }
        Assert.Equal(10 * Second, limit.WaitFor(Key, TimeSpan.Zero));
        Assert.Equal(Second, limit.WaitFor(Key, 9 * Second));
        Assert.Equal(TimeSpan.Zero, limit.WaitFor(Key, 10 * Second));
        limit.Pay(Key, 10 * Second);
        Assert.Equal(10 * Second, limit.WaitFor(Key, 10 * Second));
        // After a while all are there again.
        Assert.True(limit.WaitFor(Key, 40 * Second) <= -20 * Second);
    }

    [Fact]
    public void OtherKeys_AreNotTouched()
    {
        var limit = new GuessLimit(1, Second);
        limit.Pay(Key, TimeSpan.Zero);
        Assert.True(limit.WaitFor(Key, TimeSpan.Zero) > TimeSpan.Zero);
        Assert.True(limit.WaitFor(new Digest(1, 3), TimeSpan.Zero) <= TimeSpan.Zero);
    }

    [Fact]
    public void WhatIsPaidBack_WasNeverTried()
    {
        var limit = new GuessLimit(1, Second);
        limit.Pay(Key, TimeSpan.Zero);
        limit.PayBack(Key);
        Assert.True(limit.WaitFor(Key, TimeSpan.Zero) <= TimeSpan.Zero);
        limit.PayBack(new Digest(7, 7));
        Assert.True(limit.WaitFor(new Digest(7, 7), TimeSpan.Zero) <= TimeSpan.Zero);
    }

    [Fact]
    public void ManyKeys_AreForgottenWithTime()
    {
        var limit = new GuessLimit(5, Second);
        for (var i = 0; i < 100_000; i++)
            limit.Pay(new Digest(0, (UInt128)i), TimeSpan.FromMilliseconds(i));
        Assert.InRange(limit.Count, 1000, 5000);
    }
}
