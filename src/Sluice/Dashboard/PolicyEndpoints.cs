using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/policy: what the rules and their lists do.</summary>
internal static class PolicyEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        api.MapGet("/v1/policy/lists", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            var subscribed = administered.Lists().States.ToDictionary(state => state.Path, SubscriptionFacts.Of);
            return new ListReport([.. administered.Censor().Lists().Select(state => ListFacts.Of(state, subscribed.GetValueOrDefault(state.Path)))]);
        });
        api.MapPost("/v1/policy/lists/update", async (HttpRequest request) =>
        {
            var url = (await Orders.ReadAsync<UpdateOrder>(request))?.Url;
            var begun = administered.Lists().Ask(url).Count;
            return begun > 0 || url is null ? new UpdateBegun(begun) : throw CacheEndpoints.Wrong($"url: no rule names a list '{url}'");
        });
        api.MapGet("/v1/policy/rules", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return new RuleReport([.. administered.Censor().Hits()]);
        });
    }
}
