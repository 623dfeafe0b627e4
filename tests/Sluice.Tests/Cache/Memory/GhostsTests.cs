using Sluice.Cache.Memory;

namespace Sluice.Tests.Cache.Memory;

public class GhostsTests
{
    [Fact]
    public void Visits_AreToldOnce()
    {
        var ghosts = new Ghosts();
        ghosts.Put(0x1230, 7, 1);
        ghosts.Put(0x4560, 15, 1);
        Assert.Equal([0, 7, 0, 15], [ghosts.Take(0x7890), ghosts.Take(0x1230), ghosts.Take(0x1230), ghosts.Take(0x4560)]);
    }

    [Fact]
    public void TheirNumber_IsBoundedByThatOfTheEntries()
    {
        var ghosts = new Ghosts();
        for (var i = 0; i < 100_000; i++)
            ghosts.Put((int)(i * 0x9E3779B1u), 1, 1000);
        Assert.InRange(ghosts.Slots, 2000, 4096);
        Assert.InRange(Enumerable.Range(0, 100_000).Count(i => ghosts.Take((int)(i * 0x9E3779B1u)) > 0), 1, ghosts.Slots);
    }

    [Fact]
    public void OneHashForAll_DisplacesNobodyElsesSet()
    {
        var ghosts = new Ghosts();
        ghosts.Put(0x1230, 3, 1);
        for (var i = 0; i < 1000; i++)
            ghosts.Put(0x1000, 1, 1);
        Assert.Equal(3, ghosts.Take(0x1230));
        Assert.Equal(8, Enumerable.Range(0, 100).Count(_ => ghosts.Take(0x1000) > 0));
    }
}
