using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard;

/// <summary>The parts of the admin API below /v1/tunnels and /v1/upstreams: what is open to whom.</summary>
internal static class ConnectionEndpoints
{
    public static void Map(IEndpointRouteBuilder api, Administered administered)
    {
        api.MapGet("/v1/tunnels", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return TunnelReport.Of(administered);
        });
        api.MapPost("/v1/tunnels/close", async (HttpRequest request) =>
        {
            if (await Orders.ReadAsync<CloseOrder>(request) is not { Number: > 0 and var number })
                throw CacheEndpoints.Wrong("number is missing: name a tunnel that /v1/tunnels shows");
            return administered.CloseTunnel(number)
                ? new TunnelsClosed(1)
                : throw new AdminProblemException(StatusCodes.Status404NotFound, $"number: no tunnel {number} is open");
        });
        api.MapGet("/v1/upstreams", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return new UpstreamReport(administered.Upstreams());
        });
    }
}
