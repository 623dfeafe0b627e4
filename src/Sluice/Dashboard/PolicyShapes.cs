using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>GET /v1/policy/lists</summary>
public sealed record ListReport(IReadOnlyList<ListFacts> Lists);

/// <param name="Format"><c>lines</c>, <c>hosts</c>, <c>dnsmasq</c>, <c>rpz</c> or <c>adblock</c>, as its content told.</param>
/// <param name="UnreadLines">Lines not understood; the first hundred with their reasons in <paramref name="Unread"/>.</param>
/// <param name="Bytes">Of memory; of filter lists the file's.</param>
/// <param name="Written">When the file had last been written to; null: none was read.</param>
/// <param name="Hits">Requests that it named since the start.</param>
public sealed record ListFacts(
    string Path, string Format, int Entries, int UnreadLines, IReadOnlyList<UnreadLine> Unread, long Bytes, DateTimeOffset? Written, DateTimeOffset? ReadAt, long Hits)
{
    public static ListFacts Of(ListState state) => new(state.Path, state.Format.ToString().ToLowerInvariant(), state.Entries, state.UnreadLines,
        [.. state.Unread.Select(problem => new UnreadLine(problem.Where, problem.Text))], state.RetainedBytes, state.Written, state.ReadAt, state.Hits);
}

/// <param name="Where"><c>file:line</c></param>
public sealed record UnreadLine(string Where, string Reason);

/// <summary>GET /v1/policy/rules</summary>
public sealed record RuleReport(IReadOnlyList<RuleHits> Rules);
