using System.Globalization;

namespace Sluice.Http;

/// <summary>Spans of time as people write them: a number and its unit, <c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>1h</c>, <c>7d</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Span)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>What is wrong with the text, to be said after it; null where it is a span.</summary>
    /// <param name="longest">As it is to be said where the text is longer.</param>
    public static string? TryParse(string text, (TimeSpan Span, string Text) longest, out TimeSpan span)
    {
        span = default;
        var digits = text[..text.TakeWhile(char.IsAsciiDigit).Count()];
        var unit = text[digits.Length..].TrimStart(' ');
        if (digits.Length == 0)
            return "is not a duration, write a number and a unit such as 500ms, 30s, 10m or 1h";
        if (unit.Length == 0)
            return $"has no unit, write {digits}s for seconds or {digits}ms for milliseconds";
        foreach (var (name, one) in Units)
        {
            if (name != unit)
                continue;
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > longest.Span.Ticks / one.Ticks)
                return $"is too long, {longest.Text} is the longest";
            span = number * one;
            return null;
        }
        return $"has the unknown unit '{unit}', write ms, s, m, h or d, as in {digits}s";
    }
}
