using System.Globalization;
using Sluice.Cli.Care;
using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Upstream;
using static Sluice.Cli.Care.Quantities;

namespace Sluice.Cli.Top;

internal enum Tone
{
    Plain,
    Good,
    Warning,
    Bad,
}

/// <param name="Width">In characters; 0: the rest of the line. Only the last has that.</param>
/// <param name="IsNumber">Stands at the right.</param>
/// <param name="From">The width of a screen from which it is shown.</param>
internal sealed record TopColumn(string Name, int Width, bool IsNumber = false, int From = 0);

/// <summary>One for each column; escaped.</summary>
internal sealed record TopRow(IReadOnlyList<string> Cells, Tone Tone = Tone.Plain);

/// <summary>A pane as a table.</summary>
/// <param name="Sortable">The columns that it can be sorted by.</param>
internal sealed record TopTable(IReadOnlyList<TopColumn> Columns, IReadOnlyList<string> Sortable, IEnumerable<TopRow> Rows)
{
    private static readonly string[] BySorted = ["exchanges", "bytes", "refused", "failed", "hits"];
    private static readonly TrafficOrder[] Orders = [TrafficOrder.Exchanges, TrafficOrder.Bytes, TrafficOrder.Denied, TrafficOrder.Failed, TrafficOrder.Hits];

    public static TopTable Of(TopData data, TopView view) => view.Pane switch
    {
        TopPane.Hosts => Names("host", data.Traffic?.Hosts ?? [], view),
        TopPane.Clients => Names("client", data.Traffic?.Clients ?? [], view),
        TopPane.Rules => Rules(data.Traffic?.Rules ?? [], view),
        TopPane.Tunnels => Tunnels(data, view),
        TopPane.Upstreams => Upstreams(data, view),
        _ => Exchanges(data, view),
    };

    /// <summary>What the proxy is asked to order its tops by.</summary>
    public static TrafficOrder OrderOf(TopView view) => view.Pane is TopPane.Hosts or TopPane.Clients ? Orders[view.Sort % Orders.Length] : TrafficOrder.Exchanges;

    /// <summary>How many columns a pane can be sorted by.</summary>
    public static int SortableOf(TopPane pane) => Of(new TopData(), new TopView { Pane = pane }).Sortable.Count;

    private static TopTable Exchanges(TopData data, TopView view) => new(
        [
            new("time", 8), new("stat", 4, true), new("cache", 6), new("bytes", 7, true), new("took", 6, true), new("client", 15), new("user", 10, From: 120),
            new("listener", 12, From: 140), new("why", 24, From: 100), new("what", 0),
        ], [], Shown(view, data.Exchanges.Select(Exchange)));

    private static TopRow Exchange(LoggedExchange x) => new(
        Safe(
            x.Time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture), x.Status == 0 ? "-" : Text(x.Status), x.Cache is null or "NONE" ? "-" : Short(x.Cache), Bytes(x.RequestBytes + x.ResponseBytes),
            Milliseconds(x.DurationMs), x.Client ?? "-", x.User ?? "", x.Listener ?? "", x.Verdict == "deny" ? $"refused: {x.Rule ?? "default"}" : x.Error ?? (x.Verdict == "report" ? $"noted: {x.Rule}" : ""),
            $"{x.Method ?? x.Kind} {x.Url}"),
        x.Error is not null && x.Verdict != "deny" || x.Status >= 500 ? Tone.Bad
        : x.Verdict is "deny" or "report" || x.Status >= 400 ? Tone.Warning
        : x.Cache is "HIT" or "STALE" or "REVALIDATED" ? Tone.Good : Tone.Plain);

    private static TopTable Names(string name, IReadOnlyList<NamedTraffic> names, TopView view) => new(
        [new("exchanges", 10, true), new("bytes", 8, true), new("refused", 8, true), new("failed", 7, true), new("hits", 7, true), new("hit %", 6, true), new(name, 0)],
        BySorted,
        Shown(view, names.Select(n => new TopRow(
            Safe(Count(n.Exchanges), Bytes(n.Bytes), Count(n.Denied), Count(n.Failed), Count(n.Hits), Percent(n.Hits, n.Exchanges), n.Name),
            n.Failed > 0 ? Tone.Bad : n.Denied > 0 ? Tone.Warning : Tone.Plain))));

    private static TopTable Rules(IReadOnlyList<RuleTraffic> rules, TopView view) => new(
        [new("exchanges", 10, true), new("refused", 9, true), new("rule", 0)],
        ["exchanges", "refused"],
        Shown(view, Sorted(rules, view, r => r.Exchanges, r => r.Denied)
            .Select(r => new TopRow(Safe(Count(r.Exchanges), Count(r.Denied), r.Rule), r.Denied > 0 ? Tone.Warning : Tone.Plain))));

    private static TopTable Tunnels(TopData data, TopView view) => new(
        [
            new("number", 7, true), new("kind", 7), new("open", 6, true), new("up/s", 8, true), new("down/s", 8, true), new("up", 8, true, 100), new("down", 8, true),
            new("client", 15, From: 90), new("user", 10, From: 120), new("listener", 12, From: 140), new("target", 0),
        ],
        ["down/s", "up/s", "down", "up", "open"],
        Shown(view, Sorted(data.Tunnels, view, t => t.DownPerSecond, t => t.UpPerSecond, t => t.BytesDown, t => t.BytesUp, t => -t.Since.Ticks).Select(t => Tunnel(t, data.Now))));

    private static TopRow Tunnel(TunnelFacts t, DateTimeOffset now) => new(Safe(
        Text(t.Number), t.Kind, AdminText.Span(Math.Max(0, (long)(now - t.Since).TotalSeconds)), Bytes(t.UpPerSecond), Bytes(t.DownPerSecond), Bytes(t.BytesUp), Bytes(t.BytesDown),
        t.Client ?? "-", t.User ?? "", t.Listener, t.Target), t.UpPerSecond + t.DownPerSecond > 0 ? Tone.Good : Tone.Plain);

    private static TopTable Upstreams(TopData data, TopView view) => new(
        [
            new("open", 6, true), new("idle", 5, true), new("waiting", 8, true), new("requests", 9, true), new("connects", 8, true), new("failures", 9, true), new("last error", 34, From: 110), new("upstream", 0),
        ],
        ["requests", "failures", "open", "waiting"],
        Shown(view, Sorted(data.Upstreams, view, u => u.Requests, u => u.Failures, u => u.Open, u => u.Waiting).Select(u => Upstream(u, data.Now))));

    private static TopRow Upstream(UpstreamState u, DateTimeOffset now) => new(
        Safe(Text(u.Open), Text(u.Idle), Text(u.Waiting), Count(u.Requests), Count(u.Connects), Count(u.Failures),
            u.LastErrorAt is { } at ? $"{u.LastError}, {AdminText.Span(Math.Max(0, (long)(now - at).TotalSeconds))} ago" : "", u.Name),
        u.LastErrorAt is { } failed && now - failed < TimeSpan.FromMinutes(1) ? Tone.Bad : u.Waiting > 0 ? Tone.Warning : Tone.Plain);

    private static IEnumerable<TopRow> Shown(TopView view, IEnumerable<TopRow> rows) => rows.Where(row => view.Filter.Shows(row.Cells));

    private static IEnumerable<T> Sorted<T>(IReadOnlyList<T> rows, TopView view, params Func<T, long>[] by) => rows.OrderByDescending(by[view.Sort % by.Length]);

    private static string Short(string cache) => cache is "REVALIDATED" ? "REVAL" : cache;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string[] Safe(params string[] cells) => Array.ConvertAll(cells, AdminText.Safe);
}
