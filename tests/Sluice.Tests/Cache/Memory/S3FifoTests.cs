using CsCheck;
using Sluice.Cache.Memory;

namespace Sluice.Tests.Cache.Memory;

public class S3FifoTests
{
    private sealed class Node : S3FifoNode
    {
        public Node(int hash, long size = 10) => (Hash, Size) = (hash, size);
    }

    [Fact]
    public void UntouchedEntries_LeaveInTheOrderTheyCame()
    {
        var policy = new S3Fifo<Node>(100);
        Node[] nodes = [new(1), new(2), new(3)];
        foreach (var node in nodes)
            policy.Add(node);
        Assert.Equal((30L, 3), (policy.Bytes, policy.Count));
        Assert.Equal(nodes, [policy.Evict()!, policy.Evict()!, policy.Evict()!]);
        Assert.Null(policy.Evict());
        Assert.Equal((0L, 0), (policy.Bytes, policy.Count));
    }

    [Fact]
    public void TouchedTwice_SurvivesAScan()
    {
        var policy = new S3Fifo<Node>(100);
        var hot = new Node(0);
        policy.Add(hot);
        S3Fifo<Node>.Touch(hot);
        S3Fifo<Node>.Touch(hot);
        for (var i = 1; i < 1000; i++)
        {
            policy.Add(new Node(i));
            while (policy.Bytes > 100)
                Assert.NotSame(hot, policy.Evict());
        }
        Assert.True(hot.IsQueued && hot.InMain);
    }

    [Fact]
    public void TouchedOnce_DoesNot()
    {
        var policy = new S3Fifo<Node>(100);
        var node = new Node(0);
        policy.Add(node);
        policy.Add(new Node(1));
        S3Fifo<Node>.Touch(node);
        Assert.Same(node, policy.Evict());
    }

    [Fact]
    public void RememberedEntry_GoesToTheMainQueueAtOnce()
    {
        var policy = new S3Fifo<Node>(100);
        policy.Add(new Node(1));
        policy.Add(new Node(2));
        policy.Evict();
        var again = new Node(1);
        policy.Add(again);
        Assert.True(again.InMain);
        var fresh = new Node(3);
        policy.Add(fresh);
        Assert.False(fresh.InMain);
    }

    [Fact]
    public void Replacement_InheritsPlaceAndHistory()
    {
        var policy = new S3Fifo<Node>(100);
        Node first = new(1), second = new(2), larger = new(1, 20);
        policy.Add(first);
        policy.Add(second);
        S3Fifo<Node>.Touch(first);
        policy.Replace(first, larger);
        Assert.Equal((30L, 2, false), (policy.Bytes, policy.Count, first.IsQueued));
        Assert.Equal(1, larger.Frequency);
        Assert.Same(larger, policy.Evict());
        Assert.Same(second, policy.Evict());
    }

    [Fact]
    public void AnyOrderOfCalls_KeepsTheSums()
    {
        Gen.Int[0, 4].Select(Gen.Int[0, 40]).List[0, 300].Sample(calls =>
        {
            var policy = new S3Fifo<Node>(200);
            var held = new List<Node>();
            foreach (var (call, number) in calls)
            {
                var some = held.Count > 0 ? held[number % held.Count] : null;
                if (call <= 1)
                {
                    held.Add(new Node(number, number + 1));
                    policy.Add(held[^1]);
                }
                else if (some is null)
                    Assert.Null(policy.Evict());
                else if (call == 2)
                {
                    policy.Remove(some);
                    policy.Remove(some);
                    held.Remove(some);
                }
                else if (call == 3)
                    S3Fifo<Node>.Touch(some);
                else
                    Assert.True(held.Remove(policy.Evict()!));
                Assert.Equal((held.Sum(n => n.Size), held.Count), (policy.Bytes, policy.Count));
            }
        });
    }
}
