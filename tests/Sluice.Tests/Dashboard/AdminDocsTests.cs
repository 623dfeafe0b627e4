using System.Text.Json;
using Sluice.Cache;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.House;
using Sluice.Upstream;

namespace Sluice.Tests.Dashboard;

public class AdminDocsTests
{
    [Fact]
    public void EveryMember_IsInTheDocs()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/admin-api.md"));
        Type[] shapes = [typeof(CacheStats), typeof(TierStats), typeof(EntryList), typeof(HeldEntry), typeof(EntryReport), typeof(HeldAnswers),
            typeof(HeldVariant), typeof(HeldFreshness), typeof(PurgeOrder), typeof(Purged), typeof(ListReport), typeof(ListFacts), typeof(SubscriptionFacts), typeof(DownloadProgress),
            typeof(UpdateOrder), typeof(UpdateBegun), typeof(UnreadLine), typeof(RuleReport), typeof(RuleHits), typeof(ConfigurationState), typeof(ExplainReport), typeof(ExplainedRule),
            typeof(StatusReport), typeof(ListenerFacts), typeof(Totals), typeof(OutputState), typeof(Readiness), typeof(Liveness), typeof(TrafficReport), typeof(TrafficSeries), typeof(TrafficSums), typeof(TrafficSecond),
            typeof(ListenerTraffic), typeof(NamedTraffic), typeof(RuleTraffic), typeof(MissedRecords), typeof(TunnelReport), typeof(TunnelFacts), typeof(CloseOrder), typeof(TunnelsClosed), typeof(UpstreamReport),
            typeof(UpstreamState), typeof(AllowOrder), typeof(Allowed), typeof(ConditionTrial), typeof(ExplainedDial), typeof(ExplainedAddress), typeof(CacheForecast), typeof(CaptureOrder)];
        var members = shapes.SelectMany(t => t.GetProperties()).Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).Distinct().ToList();
        Assert.True(members.Count > 40);
        Assert.All(members.Except(["routes"]), m => Assert.Contains($"`{m}`", doc, StringComparison.Ordinal));
    }
}
