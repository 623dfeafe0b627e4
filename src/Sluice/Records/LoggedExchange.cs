using System.Text.Json.Serialization;

namespace Sluice.Records;

/// <summary>A record as an access log in JSON tells it, as far as it is about what was asked and answered; docs/logs.md. A key that is not there is null or 0.</summary>
public sealed record LoggedExchange
{
    /// <summary>Of the log, from 1.</summary>
    [JsonIgnore]
    public long Line { get; init; }

    /// <summary>Among those of one process.</summary>
    [JsonPropertyName("number")]
    public long Number { get; init; }

    [JsonPropertyName("time")]
    public required DateTimeOffset Time { get; init; }

    [JsonPropertyName("listener")]
    public string? Listener { get; init; }

    /// <summary><c>http</c>, <c>connect</c>, <c>upgrade</c> or <c>relay</c>.</summary>
    [JsonPropertyName("kind")]
    public string? Kind { get; init; }

    [JsonPropertyName("client_address")]
    public string? Client { get; init; }

    [JsonPropertyName("user_name")]
    public string? User { get; init; }

    [JsonPropertyName("http_request_method")]
    public string? Method { get; init; }

    [JsonPropertyName("url_full")]
    public string? Url { get; init; }

    [JsonPropertyName("http_response_status_code")]
    public int Status { get; init; }

    [JsonPropertyName("http_request_body_size")]
    public long RequestBytes { get; init; }

    [JsonPropertyName("http_response_body_size")]
    public long ResponseBytes { get; init; }

    /// <summary><c>allow</c>, <c>deny</c> or <c>report</c>.</summary>
    [JsonPropertyName("verdict")]
    public string? Verdict { get; init; }

    [JsonPropertyName("rule")]
    public string? Rule { get; init; }

    [JsonPropertyName("duration_ms")]
    public double DurationMs { get; init; }

    /// <summary><c>HIT</c>, <c>MISS</c>, <c>REVALIDATED</c>, <c>STALE</c>, <c>BYPASS</c> or <c>NONE</c>.</summary>
    [JsonPropertyName("cache")]
    public string? Cache { get; init; }

    [JsonPropertyName("error_type")]
    public string? Error { get; init; }

    [JsonPropertyName("http_response_header_content_type")]
    public string? ContentType { get; init; }

    [JsonPropertyName("http_request_header_referer")]
    public string? Referer { get; init; }

    [JsonPropertyName("user_agent_original")]
    public string? UserAgent { get; init; }

    /// <summary>So many records are missing here; the line is none of an exchange.</summary>
    [JsonPropertyName("dropped")]
    public long Dropped { get; init; }
}
