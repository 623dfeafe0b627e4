using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Forwarding;

/// <summary>What would become of a request.</summary>
/// <param name="Listener">By which it would come; null: by none.</param>
/// <param name="Policy">That judged; null: there is none.</param>
public sealed record Forecast(string? Listener, string? Policy, Explanation Explanation, DialForecast Dial, CacheForecast Cache);

/// <summary>What the cache would do.</summary>
/// <param name="Verdict"><c>hit</c>, <c>stale-hit</c>, <c>revalidate</c>, <c>miss</c> or <c>bypass</c>; <c>none</c>: it is not asked.</param>
public sealed record CacheForecast(string Verdict, string Reason)
{
    internal static CacheForecast None(string why) => new("none", why);
}

/// <summary>What would be dialled.</summary>
/// <param name="To">Null: nothing.</param>
/// <param name="Addresses">In the resolver's order.</param>
/// <param name="WhyNot">Why nothing is, or why there is no address; null: there are.</param>
public sealed record DialForecast(HostPort? To, IReadOnlyList<JudgedAddress> Addresses, string? WhyNot)
{
    internal static DialForecast None(string why) => new(null, [], why);
}
