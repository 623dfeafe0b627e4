using System.Text.Json.Serialization;

namespace Sluice.Records;

/// <summary>A record as an access log in JSON tells it, as far as it is about what was asked and answered; docs/logs.md. A key that is not there is null or 0.</summary>
public sealed record LoggedExchange
{
    /// <summary>Of the log, from 1.</summary>
    [JsonIgnore]
    public long Line { get; init; }

    public required DateTimeOffset Time { get; init; }

    public string? Listener { get; init; }

    /// <summary><c>http</c>, <c>connect</c>, <c>upgrade</c> or <c>relay</c>.</summary>
    public string? Kind { get; init; }

    public string? Client { get; init; }

    public string? User { get; init; }

    public string? Method { get; init; }

    public string? Url { get; init; }

    public int Status { get; init; }

    public long ResponseBytes { get; init; }

    /// <summary><c>allow</c>, <c>deny</c> or <c>report</c>.</summary>
    public string? Verdict { get; init; }

    public string? Error { get; init; }

    public string? ContentType { get; init; }

    public string? Referer { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>So many records are missing here; the line is none of an exchange.</summary>
    public long Dropped { get; init; }
}
