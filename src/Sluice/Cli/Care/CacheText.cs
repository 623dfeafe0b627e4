using System.Globalization;
using System.Text.Json;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Dashboard;
using Spectre.Console;

using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Care;

/// <summary>The answers of the admin API as people read them.</summary>
internal static class CacheText
{
    public static void Stats(JsonElement body)
    {
        var stats = Read<CacheStats>(body);
        var table = Plain("", "");
        Row(table, "hit ratio", string.Create(CultureInfo.InvariantCulture, $"{stats.HitRatio * 100:0.0} %"));
        Row(table, "hits", $"{stats.Hits}, of these stale {stats.StaleHits}");
        Row(table, "misses", $"{stats.Misses}");
        Row(table, "revalidations", $"{stats.Revalidations}, of these confirmed {stats.Freshened}");
        Row(table, "stored", $"{stats.Stores}");
        Row(table, "invalidations", $"{stats.Invalidations}");
        Row(table, "open bans", $"{stats.OpenBans}");
        Tier(table, "memory", stats.Memory);
        Tier(table, "disk", stats.Disk);
        Write(table.HideHeaders());
    }

    public static void List(JsonElement body)
    {
        var list = Read<EntryList>(body);
        var table = Plain("status", "bytes", "age", "fresh for", "tier", "route", "type", "url");
        foreach (var e in list.Entries)
            Row(table, $"{e.Status}", $"{e.Bytes}", Span(e.Age), e.Validates ? "invalidated" : Left(e.FreshFor), e.Tier, e.Route.Length == 0 ? "(forward)" : e.Route, e.Type ?? "", e.Url);
        Write(table);
        if (list.More)
            Console.Out.WriteLine($"and more: the first {list.Entries.Count} are shown, --limit shows more");
    }

    public static void Show(JsonElement body)
    {
        // Where nothing is held one line tells it for all routes.
        var report = Read<EntryReport>(body);
        var held = report.Routes.Where(r => r.Variants.Count > 0).ToList();
        foreach (var answers in held)
            Show(answers);
        if (held.Count > 0)
            return;
        Console.Out.WriteLine("nothing is held");
        foreach (var answers in report.Routes)
            Console.Out.WriteLine($"  {Key(answers)}: a GET now is a {answers.Verdict}: {answers.Reason}");
    }

    public static void Purged(JsonElement body)
    {
        var purged = Read<Purged>(body);
        Console.Out.WriteLine($"{purged.Entries} {(purged.Entries == 1 ? "answer is" : "answers are")} {(purged.Soft ? "stale" : "gone")}");
    }

    private static void Show(HeldAnswers answers)
    {
        Console.Out.WriteLine(Key(answers));
        Console.Out.WriteLine($"a GET now is a {answers.Verdict}: {answers.Reason}");
        foreach (var variant in answers.Variants)
        {
            var f = variant.Freshness;
            Console.Out.WriteLine($"\n{(variant.Selected ? "* " : "  ")}{variant.Status}, {variant.Bytes} bytes {(variant.Tier == "disk" ? "on disk" : "in memory")}{(variant.Selected ? ", selected by the request" : "")}{(variant.Validates ? ", invalidated" : "")}");
            foreach (var (name, value) in variant.Vary)
                Console.Out.WriteLine($"    for {name}: {Safe(value ?? "(absent)")}");
            if (variant.Tags.Count > 0)
                Console.Out.WriteLine($"    tags: {Safe(string.Join(", ", variant.Tags))}");
            Say("received", f.ResponseTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            Say("dated", f.Date.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            Say("apparent age", Number(f.ApparentAge), "received - dated");
            Say("age value", Number(f.AgeValue), "Age as it came");
            Say("response delay", Number(f.ResponseDelay));
            Say("corrected initial age", Number(f.CorrectedInitialAge), "the greater of apparent age, and age value + response delay");
            Say("resident time", Number(f.ResidentTime), "since it was received");
            Say("current age", Number(f.CurrentAge), "corrected initial age + resident time");
            Say("lifetime", Number(f.Lifetime), $"from {f.LifetimeFrom}");
            Say(f.FreshFor > 0 ? "fresh for" : "stale since", Number(Math.Abs(f.FreshFor)), "lifetime - current age");
            if (f.ForbidsStale)
                Say("served stale", "never", "no-cache, must-revalidate, proxy-revalidate or s-maxage");
            if (f.StaleWhileRevalidate is { } refresh)
                Say("stale-while-revalidate", $"{refresh}");
            if (f.StaleIfError is { } error)
                Say("stale-if-error", $"{error}");
            foreach (var field in variant.Fields)
                Console.Out.WriteLine($"    | {field.Name}: {Safe(field.Value)}");
        }

        static void Say(string name, string value, string how = "") =>
            Console.Out.WriteLine($"    {name,-24}{value,-22}{how}".TrimEnd());
    }

    private static string Key(HeldAnswers answers) =>
        $"{answers.Url} ({(answers.Route.Length == 0 ? "forward" : $"route {answers.Route}")}{(answers.Rule is { } rule ? $", looked up as rule '{rule}' says" : "")})";

    private static void Tier(Table table, string name, TierStats? tier) => Row(table, name, tier is null ? "off"
        : $"{tier.Entries} entries, {tier.Bytes} of {Sizes.Text(tier.CapacityBytes)}, {tier.Evictions} evicted, {tier.Faults} faults");

    private static string Left(long seconds) => seconds > 0 ? Span(seconds) : $"stale {Span(-seconds)}";

    private static string Number(double seconds) => seconds.ToString("0.###", CultureInfo.InvariantCulture);
}
