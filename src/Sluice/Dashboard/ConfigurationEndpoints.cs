using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/configuration.</summary>
internal static class ConfigurationEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        api.MapGet("/v1/configuration", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return administered.Configuration();
        });
        api.MapPost("/v1/configuration/reload", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return administered.Reload();
        });
    }
}
