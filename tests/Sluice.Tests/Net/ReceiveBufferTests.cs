using CsCheck;
using Sluice.Net;

namespace Sluice.Tests.Net;

public class ReceiveBufferTests
{
    [Fact]
    public void AnyUse_GivesTheOctetsInTheirOrder() =>
        // How many octets come, how many of what is unread are used, whether bulk is expected, whether it is released.
        Gen.Select(Gen.Frequency((4, Gen.Int[1, 5000]), (1, Gen.Const(int.MaxValue))), Gen.Double[0, 1.3], Gen.Bool, Gen.Bool).Array[1, 30].Sample(steps =>
        {
            var buffer = new ReceiveBuffer();
            long received = 0, used = 0;
            foreach (var (most, share, large, releases) in steps)
            {
                var room = buffer.Room(large);
                Assert.False(room.IsEmpty);
                var octets = Math.Min(most, room.Length);
                for (var i = 0; i < octets; i++)
                    room.Span[i] = (byte)((received + i) * 31 >> 3);
                received += octets;
                buffer.Add(octets);
                Assert.Equal(octets == room.Length, buffer.WasFilled);
                Assert.Equal(received - used, buffer.Unread.Length);
                var taken = (int)Math.Min(buffer.Unread.Length, buffer.Unread.Length * share);
                for (var i = 0; i < taken; i++)
                    if (buffer.Unread.Span[i] != (byte)((used + i) * 31 >> 3))
                        Assert.Fail($"octet {used + i} of {received}");
                used += taken;
                buffer.Consume(taken);
                Assert.Equal(used == received, buffer.IsEmpty);
                if (releases)
                    buffer.Release();
            }
            buffer.Clear();
            Assert.True(buffer.IsEmpty);
        }, iter: 200);

    [Fact]
    public void Release_KeepsWhatIsUnread()
    {
        var buffer = new ReceiveBuffer();
        "abc"u8.CopyTo(buffer.Room().Span);
        buffer.Add(3);
        buffer.Consume(1);
        buffer.Release();
        Assert.Equal("bc"u8, buffer.Unread.Span);
        buffer.Clear();
        Assert.True(buffer.Unread.IsEmpty);
        // Once more gives nothing back a second time: two who rent never get the same array.
        buffer.Clear();
        var (one, other) = (new ReceiveBuffer(), new ReceiveBuffer());
        one.Room().Span[0] = 1;
        other.Room().Span[0] = 2;
        one.Add(1);
        Assert.Equal(1, one.Unread.Span[0]);
        one.Clear();
        other.Clear();
    }

    [Fact]
    public void RoomThatWasFilled_GrowsAndShrinksAgain()
    {
        var buffer = new ReceiveBuffer();
        var small = buffer.Room().Length;
        buffer.Add(small);
        buffer.Consume(small);
        var large = buffer.Room().Length;
        Assert.True(large > small);
        buffer.Add(1);
        buffer.Consume(1);
        buffer.Release();
        Assert.Equal(small, buffer.Room().Length);
        buffer.Clear();
    }
}
