using System.Globalization;

namespace Sluice.Cli.Care;

/// <summary>Numbers as people read them, in at most seven characters.</summary>
internal static class Quantities
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    private static readonly string[] Decimal = ["", "k", "M", "G", "T"];

    /// <summary>Octets: <c>12.3MiB</c>.</summary>
    public static string Bytes(long octets) => Short(octets, 1024, Binary);

    /// <summary>How often: <c>1.2M</c>.</summary>
    public static string Count(double count) => Short(count, 1000, Decimal);

    /// <summary>How long: <c>12ms</c>.</summary>
    public static string Milliseconds(double? milliseconds) => milliseconds switch
    {
        null => "-",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.00}ms"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0}ms"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0}ms"),
        < 60_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0}s"),
        _ => AdminText.Span((long)(milliseconds / 1000)),
    };

    public static string Percent(double part, double whole) => whole == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:0.0}%");

    private static string Short(double value, int step, string[] units)
    {
        var unit = 0;
        for (; value >= step - 0.05 && unit < units.Length - 1; unit++)
            value /= step;
        var format = unit == 0 && value == Math.Floor(value) || value >= 100 ? "0" : "0.0";
        return value.ToString(format, CultureInfo.InvariantCulture) + units[unit];
    }
}
