using Sluice.Http;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>Records as rows of a table: those that come, that were, and that are in the history look alike.</summary>
internal static class RecordRows
{
    /// <summary>Of a URL: more is in the log.</summary>
    private const int MostShown = 200;

    public static readonly Column[] Columns = [new("Time", "n"), new("Client"), new("Request", "main"), new("Status", "n"), new("Cache"), new("Size", "n"), new("Took", "n")];

    public static Html TableOf(string caption, IEnumerable<ExchangeRecord> records, DateTimeOffset now, Html empty) =>
        Table.Of(caption, Columns, records.Select(record => Of(record, now)), empty);

    public static Row Of(ExchangeRecord record, DateTimeOffset now) => new($"{record.Number}",
        Figures.Clock(record.Time, now), Client(record), Request(record), Status(record), Cache(record), Size(record), Html.Of($"{Figures.Milliseconds(record.Duration.TotalMilliseconds)}"));

    public static Html Client(ExchangeRecord record)
    {
        var address = record.Client?.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : record.Client?.Address;
        return record.User is { } user ? Html.Of($"<span class=\"wrap\">{user}</span> <span class=\"faint\">{address?.ToString()}</span>") : Html.Of($"{address?.ToString() ?? "–"}");
    }

    public static Html Request(ExchangeRecord record) => Html.Of($"""
        <span class="method">{(record.Kind == RecordKind.Relay ? "RELAY" : record.Method ?? "–")}</span> <span class="wrap">{Short(record.ShownUrl ?? "what came was no request")}</span>{Unusual(record)}
        """);

    /// <summary>The rule, and the list and line where it says so; null where the default of the policy decided.</summary>
    public static string? By(ExchangeRecord record) =>
        record.Verdict.Rule is not { } rule ? null
        : record.Verdict.List is { } list ? $"{rule}, {Path.GetFileName(list)}{(record.Verdict.Line > 0 ? $":{record.Verdict.Line}" : "")}"
        : rule;

    private static Html Unusual(ExchangeRecord record)
    {
        var verdict = record.Verdict.Denies ? Html.Of($"<div class=\"fault\">refused by {By(record) ?? "the default"}</div>")
            : record.Verdict.Reports ? Html.Of($"<div class=\"caution\">would be refused by {By(record) ?? "the default"}</div>")
            : Html.Empty;
        return record.Error is null || record.Verdict.Denies ? verdict
            : Html.Of($"{verdict}<div class=\"{(record.ClientGone ? "faint" : "fault")} wrap\">{record.Error.Replace('_', ' ')}{(record.ErrorDetail is { } detail ? $": {Short(detail)}" : "")}</div>");
    }

    private static Html Status(ExchangeRecord record) => record.Status switch
    {
        0 => Html.Of($"<span class=\"faint\">–</span>"),
        >= 500 => Html.Of($"<span class=\"tag bad\">{record.Status}</span>"),
        >= 400 => Html.Of($"<span class=\"tag warn\">{record.Status}</span>"),
        _ => Html.Of($"{record.Status}"),
    };

    private static Html Cache(ExchangeRecord record) => record.Cache switch
    {
        CacheUse.None => Html.Empty,
        CacheUse.Hit => Html.Of($"<span class=\"tag good\">hit</span>"),
        var use => Html.Of($"<span class=\"faint\">{use.ToString().ToLowerInvariant()}</span>"),
    };

    /// <summary>What came back; of a tunnel or relay both directions.</summary>
    private static Html Size(ExchangeRecord record) =>
        Html.Of($"{Figures.Bytes(record.ResponseBytes + (record.Kind == RecordKind.Http ? 0 : record.RequestBytes))}");

    public static string Short(string text) => text.Length <= MostShown ? text : $"{text[..MostShown]}…";
}
