using Sluice.Cache;
using Sluice.Cache.Memory;
using Sluice.Http;
using Sluice.Tests.Cache.Disk;

namespace Sluice.Tests.Cache;

/// <summary>RFC 9875 beyond what requests show; see the table in <c>EndToEnd/CacheTableInvalidationTests</c>.</summary>
public class GroupStampsTests
{
    [Fact]
    public void AnswerAskedForBeforeTheInvalidation_IsDoubtedWhenItComesAfter()
    {
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), "200|Cache-Control: max-age=60|Cache-Groups: \"g\"").Writer!;
        scenario.Receive(scenario.Find("POST /x"), "200|Cache-Group-Invalidation: \"g\"");
        Assert.True(writer.Commit());
        Assert.Equal(MissReason.Invalidated, scenario.Find("GET /").Reason);
    }

    [Theory]
    [InlineData("another origin", "GET http://other.test/", "POST http://origin.test/x", "", "")]
    [InlineData("another port", "GET http://origin.test:81/", "POST http://origin.test/x", "", "")]
    [InlineData("another scheme", "GET https://origin.test/", "POST http://origin.test/x", "", "")]
    [InlineData("another route", "GET http://origin.test/", "POST http://origin.test/x", "", "route")]
    public void GroupOfAnotherOrigin_IsAnother(string what, string member, string change, string scope, string scopeOfChange)
    {
        var scenario = new CacheScenario();
        scenario.Receive(scenario.Find(member, scope), "200|Cache-Control: max-age=60|Cache-Groups: \"g\"").Writer!.Commit();
        scenario.Receive(scenario.Find(change, scopeOfChange), "200|Cache-Group-Invalidation: \"g\"");
        Assert.True(scenario.Find(member, scope).Reason == MissReason.None, what);
    }

    [Fact]
    public async Task MembersOnDisk_AreReachedAndDoubtedAfterARestart()
    {
        await using var scene = new DiskScene();
        var groups = new GroupStamps();
        await scene.PutAsync(Member("/g", "\"g\""));
        await scene.PutAsync(Member("/h", "\"h\""));
        await scene.PutAsync(scene.Make("/none"));
        Assert.False(await DoubtsAsync("/g"));
        groups.Invalidate(DiskScene.Key("/any"), EntryTags.HashOf("g"));
        Assert.Equal((true, false, false), (await DoubtsAsync("/g"), await DoubtsAsync("/h"), await DoubtsAsync("/none")));
        await scene.ReopenAsync();
        groups = new GroupStamps();
        Assert.Equal((true, true, false), (await DoubtsAsync("/g"), await DoubtsAsync("/h"), await DoubtsAsync("/none")));

        Entry Member(string path, string group)
        {
            var entry = scene.Make(path);
            return entry.With(entry.Head.FreshenedBy([], new FieldList { { "Cache-Groups", group } }, new Receipt(scene.Now, scene.Now, null) { GroupStamp = groups.Newest }));
        }

        async Task<bool> DoubtsAsync(string path) => await scene.FindAsync(path) is { } entry && groups.Doubts(entry.Key, entry.Head);
    }
}
