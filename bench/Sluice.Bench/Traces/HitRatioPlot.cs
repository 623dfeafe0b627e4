using System.Globalization;
using System.Security;
using System.Text;

namespace Sluice.Bench.Traces;

/// <summary>A picture in SVG: two panels, object and byte hit ratio; a column for each trace and size, in it a mark for each
/// policy.</summary>
internal static class HitRatioPlot
{
    private const int Left = 60, Top = 70, PanelHeight = 300, Gap = 60, Step = 26, GroupGap = 18, Bottom = 80;

    private static readonly string[] Colours = ["#4477aa", "#bbbbbb", "#228833", "#ccbb44", "#ee7733", "#aa3377", "#cc0000"];

    public static string Draw(Cell[] cells, string[] policies)
    {
        var columns = new double[cells.Length];
        double x = Left + GroupGap;
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0 && cells[i].Trace != cells[i - 1].Trace)
                x += GroupGap;
            columns[i] = x;
            x += Step;
        }
        var height = Top + 2 * PanelHeight + Gap + Bottom;
        var svg = new StringBuilder();
        Write(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{x + 10:0}\" height=\"{height}\" viewBox=\"0 0 {x + 10:0} {height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Write(svg, $"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        Write(svg, $"<text x=\"{Left}\" y=\"22\" font-size=\"16\">Hit ratio at 1, 5 and 10 % of the footprint</text>");
        for (var i = 0; i < policies.Length; i++)
        {
            Mark(svg, i, policies.Length, Left + 8 + i * 140, 45);
            Write(svg, $"<text x=\"{Left + 18 + i * 140}\" y=\"49\">{policies[i]}</text>");
        }
        Panel(svg, "objects, %", Top, x, cells, columns, ratio => ratio.Objects);
        Panel(svg, "bytes, %", Top + PanelHeight + Gap, x, cells, columns, ratio => ratio.Bytes);
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static void Panel(StringBuilder svg, string title, double top, double right, Cell[] cells, double[] columns, Func<Ratio, double> ratio)
    {
        double Y(double percent) => top + PanelHeight * (1 - percent / 100);
        for (var percent = 0; percent <= 100; percent += 20)
        {
            Write(svg, $"<line x1=\"{Left}\" x2=\"{right}\" y1=\"{Y(percent)}\" y2=\"{Y(percent)}\" stroke=\"#ddd\"/>");
            Write(svg, $"<text x=\"{Left - 6}\" y=\"{Y(percent) + 4}\" text-anchor=\"end\">{percent}</text>");
        }
        Write(svg, $"<text transform=\"translate(20 {top + PanelHeight / 2}) rotate(-90)\" text-anchor=\"middle\">{title}</text>");
        for (var i = 0; i < cells.Length; i++)
        {
            var ratios = cells[i].Ratios;
            for (var policy = 0; policy < ratios.Length; policy++)
                Mark(svg, policy, ratios.Length, columns[i], Y(ratio(ratios[policy])));
            Write(svg, $"<text x=\"{columns[i]}\" y=\"{top + PanelHeight + 15}\" text-anchor=\"middle\" fill=\"#555\" font-size=\"10\">{cells[i].Share}</text>");
            if (i % 3 == 1)
                Write(svg, $"<text x=\"{columns[i]}\" y=\"{top + PanelHeight + 31}\" text-anchor=\"middle\" font-size=\"10.5\">{SecurityElement.Escape(cells[i].Trace)}</text>");
        }
    }

    /// <summary>Ours, the last, is a filled diamond; the others are rings.</summary>
    private static void Mark(StringBuilder svg, int policy, int policies, double x, double y)
    {
        if (policy == policies - 1)
            Write(svg, $"<path d=\"M{x} {y - 6}l6 6l-6 6l-6 -6z\" fill=\"{Colours[policy]}\"/>");
        else
            Write(svg, $"<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"none\" stroke=\"{Colours[policy]}\" stroke-width=\"2\"/>");
    }

    private static void Write(StringBuilder svg, FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
