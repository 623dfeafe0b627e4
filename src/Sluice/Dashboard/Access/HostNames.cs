using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard.Access;

/// <summary>
/// The names by which the dashboard may be asked for. A page elsewhere can have its own name resolve to our address (DNS rebinding) and is then the same origin to its browser, but
/// it cannot choose what stands in Host: its own name. So Host must be a name of loopback, the address that the connection came to, or one that the configuration gives.
/// </summary>
internal static class HostNames
{
    public static bool AreOurs(HttpContext context, DashboardOptions options)
    {
        // More than one, or none, is refused by Kestrel (RFC 9112 s.3.2).
        var host = context.Request.Host.Host.TrimStart('[').TrimEnd(']');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || options.Names.Contains(host, StringComparer.OrdinalIgnoreCase))
            return true;
        // What also parses, such as 127.1, no browser sends.
        return IPAddress.TryParse(host, out var address)
            && (IPAddress.IsLoopback(address) || address.Equals(context.Connection.LocalIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.LocalIpAddress));
    }
}
