using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard;

/// <summary>/healthz, /readyz and /v1/status: how it fares.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        // Whatever parameters a prober adds.
        api.MapGet("/healthz", () => Told(Health.Liveness(administered), live => live.Healthy));
        api.MapGet("/readyz", () => Told(Health.Readiness(administered), ready => ready.Ready));
        api.MapGet("/v1/status", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return StatusReport.Of(administered);
        });
    }

    private static IResult Told<T>(T health, Func<T, bool> isWell) =>
        Results.Json(health, statusCode: isWell(health) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
