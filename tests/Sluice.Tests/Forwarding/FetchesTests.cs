using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Forwarding;

/// <summary>Who finds whose fetch, and how long a key is not worth waiting for.</summary>
public class FetchesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void SameKey_FindsTheFetchUnderWay_OtherAddressRulesDoNot()
    {
        var fetches = new Fetches(_time);
        var (mine, theirs) = (new AddressRules([], []), new AddressRules([], []));
        var first = Make("/", mine);
        Assert.Null(fetches.FindOrAdd(first));
        Assert.Same(first, fetches.FindOrAdd(Make("/", mine)));
        Assert.Null(fetches.FindOrAdd(Make("/", theirs)));
        Assert.Null(fetches.FindOrAdd(Make("/other", mine)));
        fetches.Remove(first);
        Assert.Null(fetches.Find(first.Key, mine));
    }

    [Fact]
    public void Removing_LeavesTheFetchOfAnother()
    {
        var fetches = new Fetches(_time);
        var (first, second) = (Make("/", AddressRules.Any), Make("/", AddressRules.Any));
        fetches.FindOrAdd(first);
        fetches.Remove(second);
        Assert.Same(first, fetches.Find(second.Key, AddressRules.Any));
    }

    [Fact]
    public void Mark_EndsByTime_AndByAnAnswerForAll()
    {
        var fetches = new Fetches(_time);
        var key = Make("/", AddressRules.Any).Key;
        Assert.False(fetches.IsMarked(key));
        fetches.Mark(key);
        Assert.True(fetches.IsMarked(key));
        Assert.False(fetches.IsMarked(Make("/other", AddressRules.Any).Key));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.False(fetches.IsMarked(key));
        fetches.Mark(key);
        fetches.Unmark(key);
        Assert.False(fetches.IsMarked(key));
    }

    private SharedFetch Make(string path, AddressRules rules)
    {
        var request = new RequestHead { Method = Methods.Get, Target = new RequestTarget(TargetForm.Absolute, "http", "a.test", 80, path), Version = ProtocolVersion.Http11, Fields = [] };
        var lookup = new HttpCache(new CacheOptions { MemoryBytes = 1 << 20 }, _time).Find(request, "", bypass: false);
        return new SharedFetch(HttpCache.KeyOf(lookup, null), rules, lookup, TimeSpan.FromSeconds(1), forNobody: false);
    }
}
