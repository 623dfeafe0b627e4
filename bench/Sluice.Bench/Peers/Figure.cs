using System.Globalization;

namespace Sluice.Bench.Peers;

/// <summary>A figure for people: three digits, more of large ones.</summary>
internal static class Figure
{
    public static string Text(double? figure) => figure switch
    {
        null => "",
        >= 100 => figure.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => figure.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => figure.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
