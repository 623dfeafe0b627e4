using System.Globalization;

namespace Sluice.Bench.Checks;

/// <summary>The options of a check: <c>--name value</c>.</summary>
internal static class Arguments
{
    public static string Value(string[] options, string name, string otherwise)
    {
        var at = Array.IndexOf(options, name);
        return at < 0 ? otherwise : at + 1 < options.Length ? options[at + 1] : throw new ArgumentException($"{name} wants a value");
    }

    public static int Number(string[] options, string name, int otherwise) =>
        int.Parse(Value(options, name, $"{otherwise}"), CultureInfo.InvariantCulture);

    /// <summary>Octets: <c>100</c>, <c>64KiB</c>, <c>512MiB</c>, <c>10GiB</c>.</summary>
    public static long Size(string[] options, string name, string otherwise)
    {
        var text = Value(options, name, otherwise).AsSpan();
        var digits = text.TrimEnd("KMGiB");
        var shift = text[digits.Length..] switch
        {
            "" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => throw new ArgumentException($"{name}: {text} is no size, as 64KiB, 512MiB or 10GiB are"),
        };
        return long.Parse(digits, CultureInfo.InvariantCulture) << shift;
    }
}
