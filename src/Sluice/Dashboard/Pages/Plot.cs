using System.Globalization;
using System.Text;

namespace Sluice.Dashboard.Pages;

/// <param name="Name">The column of the admin API's series that it is.</param>
/// <param name="Values">One for each second; null: there is none.</param>
internal sealed record Line(string Name, string Label, IReadOnlyList<double?> Values);

/// <summary>A plot over time: drawn here as lines without axes, drawn again by plots.js, and told in a table for whoever sees neither.</summary>
/// <param name="Unit"><c>count</c>, <c>milliseconds</c>, <c>percent</c> or <c>bytes</c>, as plots.js knows them too.</param>
/// <param name="Write">A value with its unit.</param>
internal sealed record Plot(string Title, string Unit, Func<double, string> Write, IReadOnlyList<long> Time, params Line[] Lines)
{
    private const int Width = 600;
    private const int Height = 160;
    private const int Points = 60;
    private const int TableRows = 10;

    public Html Show() => Html.Of($"""
        <figure class="plotted" data-plot="{string.Join(' ', Lines.Select(line => line.Name))}" data-labels="{string.Join('|', Lines.Select(line => line.Label))}" data-unit="{Unit}">
        <figcaption><h2>{Title}</h2><p class="key">{Lines.Select((line, i) => Html.Of($"<span class=\"p{i + 1}\">{line.Label} <b>{Written(line.Values.Count > 0 ? line.Values[^1] : null)}</b></span> "))}</p></figcaption>
        <div class="plot">{Drawing()}</div>
        <details><summary>As a table</summary>{AsTable()}</details>
        </figure>
        """);

    private string Written(double? value) => value is { } v ? Write(v) : "–";

    private Html Drawing()
    {
        var top = Lines.SelectMany(line => line.Values).Max() is { } max and > 0 ? max : 1;
        return Html.Of($"""
            <svg viewBox="0 0 {Width} {Height}" preserveAspectRatio="none" role="img" aria-label="{Title}, the last {Figures.Span(TimeSpan.FromSeconds(Time.Count))}: at most {Write(top)}">
            {Lines.Select((line, i) => Html.Of($"<path class=\"p{i + 1}\" d=\"{Path(line, top)}\" />"))}
            </svg>
            """);
    }

    /// <summary>Steps of some seconds, as their means; a gap where there is nothing.</summary>
    private static string Path(Line line, double top)
    {
        var path = new StringBuilder();
        var step = Math.Max(1, (line.Values.Count + Points - 1) / Points);
        var isOpen = false;
        foreach (var (i, chunk) in line.Values.Chunk(step).Index())
        {
            var mean = chunk.Average();
            // A point that stands alone is a line of no length with round ends.
            if (mean is { } value)
                path.Append(CultureInfo.InvariantCulture, $"{(isOpen ? 'L' : 'M')}{(double)i * step * Width / Math.Max(1, line.Values.Count - step):0.#} {Height - 4 - value / top * (Height - 8):0.#}{(isOpen ? "" : "h0")}");
            isOpen = mean is not null;
        }
        return path.ToString();
    }

    private Html AsTable()
    {
        var step = Math.Max(1, Time.Count / TableRows);
        Column[] columns = [new("Until", "main"), .. Lines.Select(line => new Column(line.Label, "n"))];
        var rows = Time.Chunk(step).Select((times, i) => new Row($"{times[0]}",
            [Html.Of($"{DateTimeOffset.FromUnixTimeSeconds(times[^1] + 1).ToLocalTime():HH:mm:ss}"),
            .. Lines.Select(line => Html.Of($"{Written(line.Values.Skip(i * step).Take(step).Average())}"))]));
        return Html.Of($"{Table.Of($"{Title}: means of {step} s", columns, rows.Reverse(), Html.Of($"Nothing yet."))}");
    }
}
