using System.Globalization;
using System.Text;
using Sluice.Records;
using static Sluice.Cli.Care.Quantities;

namespace Sluice.Cli.Top;

/// <summary>Draws: what is known and what is wanted become lines of text.</summary>
internal static class TopScreen
{
    /// <summary>Lines that are no rows: header, tabs, columns, keys.</summary>
    public const int Frame = 6;

    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int RateSeconds = 5;

    private static readonly string[] Tabs = [.. Enum.GetNames<TopPane>().Select((name, i) => $"{i + 1} {name.ToLowerInvariant()}")];

    /// <returns>As many lines as the screen is high, none wider than it is.</returns>
    public static IReadOnlyList<string> Draw(TopData data, TopView view, int width, int height, bool color)
    {
        var ink = new Ink(color, width);
        var table = TopTable.Of(data, view);
        var lines = new List<string>(Header(data, view, ink));
        var rows = table.Rows.ToList();
        var page = Math.Max(0, height - Frame);
        var offset = Math.Clamp(view.Offset, 0, Math.Max(0, rows.Count - page));
        lines.Add(TabLine(view, ink));
        lines.Add(ink.Bold(ColumnLine(table, view, width)));
        lines.AddRange(rows.Skip(offset).Take(page).Select(row => ink.Toned(RowLine(table, row, width), row.Tone)));
        while (lines.Count < height - 1)
            lines.Add(data.Traffic is null && lines.Count == Frame - 1 ? "waiting for the proxy ..." : rows.Count == 0 && lines.Count == Frame - 1 ? ink.Dim(Nothing(view)) : "");
        lines.Add(Footer(data, view, ink));
        return [.. lines.Take(height)];
    }

    /// <summary>Everything once, for a pipe: no frame, no bounds to the width, a few rows of each pane.</summary>
    public static IEnumerable<string> Snapshot(TopData data, TopView view, int rows)
    {
        var ink = new Ink(false, int.MaxValue);
        foreach (var line in Header(data, view, ink).Take(2))
            yield return line.TrimEnd();
        foreach (var pane in Enum.GetValues<TopPane>())
        {
            var one = view with { Pane = pane };
            var table = TopTable.Of(data, one);
            yield return "";
            yield return pane.ToString().ToLowerInvariant();
            yield return ColumnLine(table, one, int.MaxValue).TrimEnd();
            foreach (var row in table.Rows.Take(rows))
                yield return RowLine(table, row, int.MaxValue).TrimEnd();
        }
    }

    private static IEnumerable<string> Header(TopData data, TopView view, Ink ink)
    {
        if (data.Traffic is not { } traffic)
            return [ink.Fit("Sluice"), "", ""];
        var (series, sums) = (traffic.Series, traffic.Totals);
        return
        [
            ink.Bold(ink.Fit(string.Join("  ",
                $"{Count(Math.Round(Rate(series.Exchanges), 1))}/s", $"p50 {Milliseconds(sums.P50)}", $"p90 {Milliseconds(sums.P90)}", $"p99 {Milliseconds(sums.P99)}",
                $"up {Bytes((long)Rate(series.BytesUp))}/s", $"down {Bytes((long)Rate(series.BytesDown))}/s", $"{data.Now.ToLocalTime():HH:mm:ss}"))),
            ink.Fit(string.Join("  ",
                $"in {Care.AdminText.Span(view.Window)}: {Count(sums.Exchanges)}", $"cache {Percent(sums.Hits, sums.Lookups)} saves {Bytes(sums.SavedBytes)}", $"refused {Count(sums.Denied)}", $"failed {Count(sums.Failed)}",
                data.Missed > 0 ? $"not shown {Count(data.Missed)}" : "")),
            ink.Dim(Sparkline(series.Exchanges, ink.Width)),
        ];
    }

    private static double Rate(IReadOnlyList<long> series) => series.Count == 0 ? 0 : series.TakeLast(RateSeconds).Average();

    /// <summary>The last seconds, the newest at the right.</summary>
    private static string Sparkline(IReadOnlyList<long> series, int width)
    {
        var shown = series.TakeLast(Math.Min(width, 900)).ToList();
        var most = Math.Max(1, shown.Count == 0 ? 1 : shown.Max());
        return string.Concat(shown.Select(value => value == 0 ? ' ' : Bars[(int)Math.Min(Bars.Length - 1, value * Bars.Length / (most + 1))])).PadLeft(Math.Min(width, 900));
    }

    private static string TabLine(TopView view, Ink ink)
    {
        var wide = ink.Width >= 72;
        var line = new StringBuilder();
        for (var i = 0; i < Tabs.Length; i++)
        {
            var tab = wide || i == (int)view.Pane ? $" {Tabs[i]} " : $" {i + 1} ";
            line.Append(i == (int)view.Pane ? ink.Reversed(tab) : tab);
        }
        return line.ToString();
    }

    private static string ColumnLine(TopTable table, TopView view, int width)
    {
        var sorted = table.Sortable.Count > 0 ? table.Sortable[view.Sort % table.Sortable.Count] : null;
        return Line(table, i => table.Columns[i].Name == sorted ? $"{sorted}↓" : table.Columns[i].Name, width);
    }

    private static string RowLine(TopTable table, TopRow row, int width) => Line(table, i => row.Cells[i], width);

    private static string Line(TopTable table, Func<int, string> cell, int width)
    {
        var line = new StringBuilder();
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            if (column.From > width)
                continue;
            if (line.Length > 0)
                line.Append(' ');
            line.Append(column.Width == 0 ? cell(i) : column.IsNumber ? Ink.Cut(cell(i), column.Width).PadLeft(column.Width) : Ink.Cut(cell(i), column.Width).PadRight(column.Width));
        }
        return Ink.Cut(line.ToString(), width);
    }

    private static string Nothing(TopView view) =>
        view.Filter.Text.Length > 0 ? "nothing fits the filter" : view.Pane is TopPane.Tunnels ? "no tunnel is open" : "nothing yet";

    private static string Footer(TopData data, TopView view, Ink ink)
    {
        if (view.Typed is { } typed)
            return ink.Fit(view.Message is { } wrong ? $"/{typed}▏ {wrong}" : $"/{typed}▏ words, or status=4xx host=.example.com client=10.0.0.0/8 ... Enter, Esc");
        if (data.Trouble is { } trouble)
            return ink.Toned(ink.Fit(trouble), Tone.Bad);
        var state = (view.IsPaused ? "PAUSED  " : "") + (view.Filter.Text.Length > 0 ? $"filter: {Care.AdminText.Safe(view.Filter.Text)}  " : "");
        return ink.Dim(ink.Fit($"{state}q quit  1-6 pane  s sort  / filter  p pause  w window {Care.AdminText.Span(view.Window)}  ↑↓ scroll"));
    }
}
