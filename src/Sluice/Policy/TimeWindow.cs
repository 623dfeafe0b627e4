using System.Globalization;

namespace Sluice.Policy;

/// <summary>Hours of the day on some days of the week, by the clock on the wall of a zone.</summary>
/// <param name="Days">A bit per day, Sunday the lowest.</param>
/// <param name="From">The first minute of the day, 0 to 1439.</param>
/// <param name="To">The minute that is no longer in it, 1 to 1440; before or at <paramref name="From"/>: of the next day, which need not be
/// one of <paramref name="Days"/>.</param>
public sealed record TimeWindow(int Days, int From, int To, TimeZoneInfo Zone)
{
    public const int EveryDay = 0b111_1111;
    public const int MinutesOfDay = 24 * 60;

    public bool Contains(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone);
        var minute = local.Hour * 60 + local.Minute;
        var today = (int)local.DayOfWeek;
        if (From < To)
            return Has(today) && minute >= From && minute < To;
        return Has(today) && minute >= From || Has((today + 6) % 7) && minute < To;
    }

    /// <summary>As it is written: <c>mon,tue 08:00-15:30 Europe/Berlin</c>.</summary>
    public override string ToString()
    {
        var days = Days == EveryDay ? "every day" : string.Join(',', Enum.GetValues<DayOfWeek>().Where(day => Has((int)day)).Select(Name));
        return string.Create(CultureInfo.InvariantCulture, $"{days} {From / 60:00}:{From % 60:00}-{To / 60:00}:{To % 60:00} {Zone.Id}");
    }

    /// <summary>What the clock on its wall shows: <c>wed 14:05</c>.</summary>
    internal string Clock(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone);
        return string.Create(CultureInfo.InvariantCulture, $"{Name(local.DayOfWeek)} {local:HH:mm}");
    }

    private static string Name(DayOfWeek day) => day.ToString()[..3].ToLowerInvariant();

    private bool Has(int day) => (Days >> day & 1) != 0;
}
