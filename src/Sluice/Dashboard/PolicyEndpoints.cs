using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Dashboard.Access;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/policy: what the rules and their lists do.</summary>
internal static class PolicyEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        api.MapGet("/v1/policy/explain", (HttpRequest request) => ExplainOrder.Of(request.Query).AnswerAsync(administered.Explainer()));
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
        var allowList = new AllowList(administered, api.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("Sluice.Admin"));
        api.MapPost("/v1/policy/allow", async (HttpRequest request) =>
            allowList.Add(await Orders.ReadAsync<AllowOrder>(request), request.HttpContext.Features.Get<Visitor>()?.Shown ?? "the admin API"));
        api.MapGet("/v1/policy/rules", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return new RuleReport([.. administered.Censor().Hits()]);
        });
    }
}
