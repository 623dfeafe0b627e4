using System.Globalization;
using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records.Formats;

namespace Sluice.Records;

/// <summary>Conditions on records, all of which must hold; null: there is none. The same everywhere: <c>sluice logs</c>, the history, the live stream, captures.</summary>
public sealed record RecordFilter
{
    /// <summary>Matches every record.</summary>
    public static readonly RecordFilter All = new();

    /// <summary>The value of <c>error</c> that stands for every error.</summary>
    public const string AnyError = "any";

    private static readonly (TimeSpan, string) LongestAgo = (TimeSpan.FromDays(24855), "24855d");
    private static readonly string[] Verdicts = ["allow", "deny", "report"];

    /// <summary>The conditions, by their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["since", "until", "host", "client", "user", "listener", "kind", "method", "url", "status", "verdict", "cache", "rule", "error"];

    /// <summary>The record's <see cref="ExchangeRecord.Time"/> is not before this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>It is before this.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The host of its URL.</summary>
    public HostPattern? Host { get; init; }

    public IPNetwork? Client { get; init; }

    public string? User { get; init; }

    public string? Listener { get; init; }

    public RecordKind? Kind { get; init; }

    /// <summary>In any case.</summary>
    public string? Method { get; init; }

    /// <summary>A part of its URL, in this case.</summary>
    public string? Url { get; init; }

    /// <summary>0: none was sent.</summary>
    public StatusRange? Status { get; init; }

    /// <summary><c>allow</c>, <c>deny</c> or <c>report</c>.</summary>
    public string? Verdict { get; init; }

    public CacheUse? Cache { get; init; }

    /// <summary>The id of the rule that decided.</summary>
    public string? Rule { get; init; }

    /// <summary>An error's type, or <see cref="AnyError"/>.</summary>
    public string? Error { get; init; }

    /// <summary>The same without what is known only of an exchange that is over (status, cache, error, whether it became an upgrade):
    /// what can be asked when the head of its request has been judged.</summary>
    public RecordFilter OfRequest => this with { Status = null, Cache = null, Error = null, Kind = Kind == RecordKind.Upgrade ? null : Kind };

    /// <summary>Adds a condition, in the place of one of the same name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="value">Of times: RFC 3339, or how long ago, as <c>15m</c>.</param>
    /// <returns>What is wrong, a sentence; null: nothing is.</returns>
    public static string? TryAdd(ref RecordFilter filter, string name, string value, DateTimeOffset now)
    {
        var wrong = name switch
        {
            "since" => Time(value, now, out var since) ?? Set(filter with { Since = since }, out filter),
            "until" => Time(value, now, out var until) ?? Set(filter with { Until = until }, out filter),
            "host" => HostPattern.TryParse(value, out var host) ?? Set(filter with { Host = host }, out filter),
            "client" => Networks.TryParse(value, out var client) ?? Set(filter with { Client = client }, out filter),
            "user" => Set(filter with { User = value }, out filter),
            "listener" => Set(filter with { Listener = value }, out filter),
            "kind" => Word<RecordKind>(value, out var kind) ?? Set(filter with { Kind = kind }, out filter),
            "method" => Set(filter with { Method = value }, out filter),
            "url" => Set(filter with { Url = value }, out filter),
            "status" => StatusOf(value, out var status) ?? Set(filter with { Status = status }, out filter),
            "verdict" => Verdicts.Contains(value) ? Set(filter with { Verdict = value }, out filter) : $"is not known, write one of {string.Join(", ", Verdicts)}",
            "cache" => Word<CacheUse>(value, out var cache) ?? Set(filter with { Cache = cache }, out filter),
            "rule" => Set(filter with { Rule = value }, out filter),
            "error" => Set(filter with { Error = value }, out filter),
            _ => null,
        };
        return !Names.Contains(name) ? $"there is no condition '{name}', known: {string.Join(", ", Names)}"
            : wrong is null ? null : $"{name}: '{value}' {wrong}";
    }

    public bool Matches(ExchangeRecord record) =>
        (Since is null || record.Time >= Since)
        && (Until is null || record.Time < Until)
        && (Kind is null || record.Kind == Kind)
        && (Status is not { } status || status.Contains(record.Status))
        && (Verdict is null || record.Verdict.Outcome == Verdict)
        && (Cache is null || record.Cache == Cache)
        && (Method is null || Method.Equals(record.Method, StringComparison.OrdinalIgnoreCase))
        && (Listener is null || record.Listener == Listener)
        && (User is null || record.User == User)
        && (Rule is null || record.Verdict.Rule == Rule)
        && (Error is null || (Error == AnyError ? record.Error is not null : record.Error == Error))
        && (Client is not { } client || record.Client is { } end && client.Contains(SafeText.Plain(end.Address)))
        && (Host is null || record.Host is { } host && Host.Matches(host))
        && (Url is null || record.Url is { } url && SafeText.WithoutUserInfo(url).Contains(Url, StringComparison.Ordinal));

    private static string? Set(RecordFilter with, out RecordFilter filter)
    {
        filter = with;
        return null;
    }

    private static string? Time(string text, DateTimeOffset now, out DateTimeOffset time)
    {
        if (Rfc3339.TryParse(text, out time))
            return null;
        if (text.Contains('-') || text.Contains(':'))
            return "is not a time with its offset, write for example 2026-03-01T08:00:00Z";
        if (DurationText.TryParse(text, LongestAgo, out var ago) is { } wrong)
            return wrong.Replace("is not a duration, write", "is neither a time such as 2026-03-01T08:00:00Z nor how long ago, write", StringComparison.Ordinal);
        time = now - ago;
        return null;
    }

    private static string? StatusOf(string text, out StatusRange range)
    {
        range = default;
        var dash = text.IndexOf('-');
        if (text.Length == 3 && text.EndsWith("xx", StringComparison.Ordinal) && text[0] is >= '1' and <= '5')
            range = new StatusRange((text[0] - '0') * 100, (text[0] - '0') * 100 + 99);
        else if (Code(dash < 0 ? text : text[..dash], out var first) && Code(text[(dash + 1)..], out var last))
            range = new StatusRange(first, last);
        else
            return "is not a status, write for example 404, 4xx or 400-499, or 0: none was sent";
        return range.Last < range.First ? $"has its ends the wrong way round, write {range.Last}-{range.First}" : null;

        static bool Code(string text, out int code) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is 0 or (>= 100 and <= 599);
    }

    private static string? Word<T>(string text, out T value) where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out value) && text.All(char.IsAsciiLetter)
            ? null : $"is not known, write one of {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}";
}
