namespace Sluice.Records;

public enum LogFormat
{
    /// <summary>For people at a terminal.</summary>
    Readable,
    Json,
    Combined,
    Squid,
}

/// <summary>The access log of the section <c>logs</c>.</summary>
public sealed record LogOptions
{
    public LogFormat Format { get; init; } = LogFormat.Readable;

    /// <summary>A file's path; null: standard output.</summary>
    public string? File { get; init; }

    /// <summary>No access log at all.</summary>
    public bool Off { get; init; }
}
