using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/policy: what the rules and their lists do.</summary>
internal static class PolicyEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Func<Censor> censor)
    {
        api.MapGet("/v1/policy/lists", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return new ListReport([.. censor().Lists().Select(ListFacts.Of)]);
        });
        api.MapGet("/v1/policy/rules", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return new RuleReport([.. censor().Hits()]);
        });
    }
}
