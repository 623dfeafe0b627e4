using System.Globalization;

namespace Sluice.Cli.Demo;

/// <summary>What a line of the access log must say.</summary>
/// <param name="Word">MISS, HIT, DENIED or RELAY.</param>
/// <param name="Status">0 for a relay.</param>
/// <param name="Bytes">The size: of the body, or of both directions of a relay.</param>
/// <param name="Request">As <c>GET http://example.com/</c> or <c>to example.com:80</c>.</param>
internal sealed record ExpectedLine(string Word, int Status, long Bytes, string Request);

/// <summary>Holds the readable access log against what was done: one line for each, with date and size.</summary>
internal static class LogCheck
{
    /// <returns>What is wrong, in words.</returns>
    public static IEnumerable<string> Mistakes(IReadOnlyList<string> lines, IReadOnlyList<ExpectedLine> expected)
    {
        // Records are written when exchanges end: the two relays' in either order.
        var left = lines.ToList();
        foreach (var exchange in expected)
        {
            var at = left.FindIndex(line => Says(line, exchange));
            if (at >= 0)
                left.RemoveAt(at);
            else
                yield return $"no line for {exchange.Word} {exchange.Status} {exchange.Bytes} bytes {exchange.Request}";
        }
        foreach (var line in left)
            yield return $"a line for nothing that was done: {line}";
    }

    private static bool Says(string line, ExpectedLine exchange)
    {
        // date, client, status, word, size, duration, request, remarks: two blanks or more between them.
        var columns = line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return columns.Length >= 7
            && DateTime.TryParseExact(columns[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && columns[2] == (exchange.Status == 0 ? "-" : $"{exchange.Status}")
            && columns[3] == exchange.Word
            && IsSize(columns[4], exchange.Bytes)
            && columns[6] == exchange.Request;
    }

    // As '1023 B' or '1.2 KiB': two digits tell a size to a twentieth.
    private static bool IsSize(string text, long bytes)
    {
        var parts = text.Split(' ');
        var power = Array.IndexOf(["B", "KiB", "MiB", "GiB"], parts[^1]);
        return parts.Length == 2 && power >= 0
            && double.TryParse(parts[0], CultureInfo.InvariantCulture, out var value)
            && Math.Abs(value * Math.Pow(1024, power) - bytes) <= bytes / 20.0;
    }
}
