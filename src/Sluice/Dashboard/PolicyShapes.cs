using Sluice.Forwarding;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>GET /v1/policy/lists</summary>
public sealed record ListReport(IReadOnlyList<ListFacts> Lists);

/// <param name="Format"><c>lines</c>, <c>hosts</c>, <c>dnsmasq</c>, <c>rpz</c> or <c>adblock</c>, as its content told.</param>
/// <param name="UnreadLines">Lines not understood; the first hundred with their reasons in <paramref name="Unread"/>.</param>
/// <param name="Bytes">Of memory; of filter lists the file's.</param>
/// <param name="Written">When the file had last been written to; null: none was read.</param>
/// <param name="Hits">Requests that it named since the start.</param>
/// <param name="Subscription">Where it is the copy of what is behind a URL; null: it is a file of its own.</param>
public sealed record ListFacts(
    string Path, string Format, int Entries, int UnreadLines, IReadOnlyList<UnreadLine> Unread, long Bytes, DateTimeOffset? Written, DateTimeOffset? ReadAt, long Hits,
    SubscriptionFacts? Subscription)
{
    public static ListFacts Of(ListState state, SubscriptionFacts? subscription) => new(state.Path, state.Format.ToString().ToLowerInvariant(), state.Entries, state.UnreadLines,
        [.. state.Unread.Select(problem => new UnreadLine(problem.Where, problem.Text))], state.RetainedBytes, state.Written, state.ReadAt, state.Hits, subscription);
}

/// <param name="Where"><c>file:line</c></param>
public sealed record UnreadLine(string Where, string Reason);

/// <param name="Url">Without its query.</param>
/// <param name="Asked">When it was asked for last; null: never.</param>
/// <param name="Changed">When the copy was written; null: there is none.</param>
/// <param name="Next">When it will be asked for; null: it is being asked for.</param>
/// <param name="Error">Why nothing came of it the last time; null: all went well.</param>
/// <param name="Progress">Null: it is not being asked for.</param>
public sealed record SubscriptionFacts(string Url, DateTimeOffset? Asked, DateTimeOffset? Changed, DateTimeOffset? Next, string? Error, DownloadProgress? Progress)
{
    public static SubscriptionFacts Of(SubscriptionState state) => new(state.Url, state.Asked, state.Changed, state.Next, state.Error, state.Progress);
}

/// <summary>POST /v1/policy/lists/update</summary>
/// <param name="Url">Null: all.</param>
public sealed record UpdateOrder(string? Url = null);

/// <param name="Begun">So many lists are being asked for now.</param>
public sealed record UpdateBegun(int Begun);

/// <summary>GET /v1/policy/rules</summary>
public sealed record RuleReport(IReadOnlyList<RuleHits> Rules);
