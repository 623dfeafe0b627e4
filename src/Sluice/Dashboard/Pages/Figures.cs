using System.Globalization;

namespace Sluice.Dashboard.Pages;

/// <summary>How numbers, sizes and times are written for people; each with its unit.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary><c>12,345</c></summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>0.4</c>, <c>12</c>, <c>1,234</c>: as many places as say something.</summary>
    public static string Rate(double rate) => rate.ToString(rate is > 0 and < 9.95 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    /// <summary><c>1.4 MiB</c></summary>
    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (Math.Abs(bytes) >= 1000 && unit < Units.Length - 1)
            (bytes, unit) = (bytes / 1024, unit + 1);
        return $"{bytes.ToString(unit == 0 || bytes >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture)}\u00a0{Units[unit]}";
    }

    /// <summary><c>87 %</c>; a dash where there is nothing to take a part of.</summary>
    public static string Percent(double part, double whole) =>
        whole == 0 ? "–" : (100 * part / whole) switch
        {
            > 0 and < 9.95 and var small => string.Create(CultureInfo.InvariantCulture, $"{small:0.0}\u00a0%"),
            var percent => string.Create(CultureInfo.InvariantCulture, $"{percent:0}\u00a0%"),
        };

    /// <summary><c>0.4 ms</c>, <c>12 ms</c>, <c>3.1 s</c>, <c>4 min</c></summary>
    public static string Milliseconds(double? milliseconds) => milliseconds switch
    {
        null => "–",
        < 9.95 and var few => string.Create(CultureInfo.InvariantCulture, $"{few:0.0}\u00a0ms"),
        < 999.5 and var some => string.Create(CultureInfo.InvariantCulture, $"{some:0}\u00a0ms"),
        < 99_950 and var many => string.Create(CultureInfo.InvariantCulture, $"{many / 1000:0.0}\u00a0s"),
        var all => Span(TimeSpan.FromMilliseconds(all.Value)),
    };

    /// <summary>In its largest unit: <c>45 s</c>, <c>12 min</c>, <c>3 h</c>, <c>2 d</c></summary>
    public static string Span(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 99.5 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0}\u00a0s"),
        { TotalMinutes: < 99.5 } m => string.Create(CultureInfo.InvariantCulture, $"{m.TotalMinutes:0}\u00a0min"),
        { TotalHours: < 47.5 } h => string.Create(CultureInfo.InvariantCulture, $"{h.TotalHours:0}\u00a0h"),
        var d => string.Create(CultureInfo.InvariantCulture, $"{d.TotalDays:0}\u00a0d"),
    };

    /// <summary><c>4 min ago</c>, <c>in 2 h</c>; exactly where it is pointed at.</summary>
    public static Html When(DateTimeOffset? time, DateTimeOffset now, string never = "never") =>
        time is not { } t ? Html.Of($"<span class=\"faint\">{never}</span>")
        : Html.Of($"<time datetime=\"{Exact(t)}\" title=\"{t.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}\">{(t > now ? $"in {Span(t - now)}" : $"{Span(now - t)} ago")}</time>");

    /// <summary>The time of day, with the date where it is not today's.</summary>
    public static Html Clock(DateTimeOffset time, DateTimeOffset now)
    {
        var local = time.ToLocalTime();
        return Html.Of($"<time datetime=\"{Exact(time)}\" title=\"{local:yyyy-MM-dd HH:mm:ss.fff zzz}\">{(local.Date == now.ToLocalTime().Date ? $"{local:HH:mm:ss}" : $"{local:MM-dd HH:mm:ss}")}</time>");
    }

    private static string Exact(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
