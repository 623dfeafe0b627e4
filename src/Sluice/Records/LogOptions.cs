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

    /// <summary>What is not to be read in any of them.</summary>
    public RedactionOptions Redact { get; init; } = new();

    /// <summary>How client addresses are cut; null: they are not.</summary>
    public AnonymityOptions? Anonymise { get; init; }

    /// <summary>Further fields of requests that are recorded, by name.</summary>
    public IReadOnlyList<string> RequestFields { get; init; } = [];

    /// <summary>The same of responses.</summary>
    public IReadOnlyList<string> ResponseFields { get; init; } = [];

    /// <summary>Null: there is none.</summary>
    public HistoryOptions? History { get; init; }

    /// <summary>The options of every output.</summary>
    internal IEnumerable<object> Outputs => History is null ? Access : [.. Access, History];

    public bool Equals(LogOptions? other) => other is not null && Outputs.SequenceEqual(other.Outputs) && Redact.Equals(other.Redact) && Anonymise == other.Anonymise
        && RequestFields.SequenceEqual(other.RequestFields) && ResponseFields.SequenceEqual(other.ResponseFields);

    public override int GetHashCode() => Access.Count;
}

/// <summary>One access log.</summary>
public sealed record LogOutputOptions
{
    public LogFormat Format { get; init; } = LogFormat.Readable;

    /// <summary>A file's path; null: standard output, or <see cref="Syslog"/>.</summary>
    public string? File { get; init; }

    public SyslogOptions? Syslog { get; init; }

    /// <summary>A collector, from the section <c>otlp</c>.</summary>
    public OtlpOptions? Otlp { get; init; }

    /// <summary>Where it leads, in words.</summary>
    public string Place => File ?? Syslog?.ToString() ?? Otlp?.ToString() ?? "standard output";
}

/// <summary>What nobody is to read in records. All names are globs in which <c>*</c> is any text, and compare without case.</summary>
public sealed record RedactionOptions
{
    /// <summary>Parameters of queries, their names percent-decoded.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>Cookies; unless others are named, all.</summary>
    public IReadOnlyList<string> Cookies { get; init; } = ["*"];

    /// <summary>Fields, beside those with credentials, which are always.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    public bool Equals(RedactionOptions? other) =>
        other is not null && Query.SequenceEqual(other.Query) && Cookies.SequenceEqual(other.Cookies) && Headers.SequenceEqual(other.Headers);

    public override int GetHashCode() => Query.Count;
}

/// <summary>How many leading bits of a client's address are kept; the others become 0.</summary>
public sealed record AnonymityOptions
{
    public int Ipv4 { get; init; } = 24;

    public int Ipv6 { get; init; } = 48;
}
