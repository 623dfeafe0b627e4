namespace Sluice.Records;

public enum OtlpProtocol
{
    /// <summary>Protobuf in POST requests.</summary>
    Http,
    Grpc,
}

/// <summary>The section <c>otlp</c>: what is sent to an OpenTelemetry collector.</summary>
public sealed record OtlpOptions
{
    /// <summary>http:// or https://, host and port; over HTTP each signal has its path below it.</summary>
    public required Uri To { get; init; }

    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.Http;

    /// <summary>Fields of every request: secrets, which nobody is shown.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Records.</summary>
    public bool Logs { get; init; } = true;

    public bool Metrics { get; init; } = true;

    /// <summary>Of the exchanges whose client says nothing about tracing, the part that is traced: 0, none at all, to 1.</summary>
    public double Traces { get; init; } = 1;

    /// <summary>Between two exports of metrics.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    public bool Equals(OtlpOptions? other) => other is not null && To == other.To && Protocol == other.Protocol && Headers.SequenceEqual(other.Headers)
        && (Logs, Metrics, Traces, Interval) == (other.Logs, other.Metrics, other.Traces, other.Interval);

    public override int GetHashCode() => To.GetHashCode();

    // Without the headers.
    public override string ToString() => $"otlp {To.GetLeftPart(UriPartial.Authority)}";
}
