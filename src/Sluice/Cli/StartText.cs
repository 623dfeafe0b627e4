using System.Globalization;
using System.Net;
using System.Text;
using Sluice.Config;
using Sluice.Forwarding;
using Sluice.Records;

namespace Sluice.Cli;

/// <summary>What a person reads at the start and at the end.</summary>
internal static class StartText
{
    public static string Of(Configuration configuration, IReadOnlyList<IPEndPoint> endPoints, IPEndPoint? dashboard = null)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Sluice {Version} listens on\n");
        foreach (var (listener, at) in configuration.Listeners.Zip(endPoints))
            text.Append(CultureInfo.InvariantCulture, $"  {at,-22} {Describe(listener)}\n");
        if (configuration.Listeners.Zip(endPoints).FirstOrDefault(l => l.First.Kind == ListenerKind.Forward) is { First: not null } forward)
            Point(text, forward.Second);
        text.Append(CultureInfo.InvariantCulture, $"Access log: {Logs(configuration.Log)}. ");
        if (configuration.Resolver.IsSystem)
            text.Append("Names: by the system's resolver, kept for 30 s. ");
        if (configuration.Admin.Socket is { } socket)
            text.Append(CultureInfo.InvariantCulture, $"Admin API: {socket}. ");
        if (dashboard is not null)
            text.Append(CultureInfo.InvariantCulture, $"Dashboard: http://{dashboard}/. ");
        return text.Append("Ctrl-C ends what is open and prints totals.\n").ToString();
    }

    public static string Totals(Proxy proxy)
    {
        var totals = proxy.Totals;
        return string.Create(CultureInfo.InvariantCulture,
            $"{totals.Exchanges} exchanges: {totals.Hits} from the cache, {totals.Denied} refused by rule, {totals.Failed} failed; "
            + $"{totals.BytesUp} bytes up, {totals.BytesDown} down; {proxy.DroppedRecords} log lines dropped\n");
    }

    /// <summary>Where records go, as <c>json to /var/log/access.log, readable to standard output</c>, and what is taken out of them.</summary>
    public static string Logs(LogOptions log)
    {
        var text = log.Access.Count == 0 ? "off" : string.Join(", ", log.Access.Select(output => $"{output.Format.ToString().ToLowerInvariant()} to {output.Place}"));
        if (log.History is { } history)
            text += $"; history in {history.Path}";
        if (log.Anonymise is { } cut)
            text += $"; client addresses cut to /{cut.Ipv4} and /{cut.Ipv6}";
        if (log.Redact.Query.Count > 0)
            text += $"; query parameters redacted: {string.Join(", ", log.Redact.Query)}";
        return text;
    }

    private static string Version =>
        typeof(StartText).Assembly.GetName().Version?.ToString(3) ?? "";

    private static string Describe(ListenerOptions listener) => listener.Kind switch
    {
        ListenerKind.Forward => "forward proxy (http and CONNECT)",
        ListenerKind.Reverse => $"reverse proxy to {listener.ToScheme}://{listener.To}{(listener.ToHttp2 ? " over HTTP/2" : "")}",
        _ => $"tcp relay to {listener.To}",
    };

    private static void Point(StringBuilder text, IPEndPoint at)
    {
        var address = at.Address.Equals(IPAddress.Any) || at.Address.Equals(IPAddress.IPv6Any)
            ? $"{Dns.GetHostName()}:{at.Port}" : at.ToString();
        text.Append(CultureInfo.InvariantCulture, $"""
            Use it:
              curl     curl -x http://{address} http://example.com/
              shell    export http_proxy=http://{address} https_proxy=http://{address}
              browser  HTTP and HTTPS proxy {address[..address.LastIndexOf(':')]}, port {at.Port}

            """);
    }
}
