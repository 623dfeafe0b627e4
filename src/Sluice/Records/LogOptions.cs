namespace Sluice.Records;

public enum LogFormat
{
    /// <summary>For people at a terminal.</summary>
    Readable,
    Json,
    Combined,
    Squid,
}

/// <summary>The section <c>logs</c>.</summary>
public sealed record LogOptions
{
    public static readonly LogOptions Off = new() { Access = [] };

    /// <summary>Each gets every record; none: there is no access log.</summary>
    public IReadOnlyList<LogOutputOptions> Access { get; init; } = [new()];

    /// <summary>Null: there is none.</summary>
    public HistoryOptions? History { get; init; }

    /// <summary>The options of every output.</summary>
    internal IEnumerable<object> Outputs => History is null ? Access : [.. Access, History];

    public bool Equals(LogOptions? other) => other is not null && Outputs.SequenceEqual(other.Outputs);

    public override int GetHashCode() => Access.Count;
}

/// <summary>One access log.</summary>
public sealed record LogOutputOptions
{
    public LogFormat Format { get; init; } = LogFormat.Readable;

    /// <summary>A file's path; null: standard output.</summary>
    public string? File { get; init; }
}
