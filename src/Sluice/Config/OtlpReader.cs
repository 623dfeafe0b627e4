using System.Globalization;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Config;

/// <summary>Reads the section <c>otlp</c>.</summary>
internal static class OtlpReader
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    public static OtlpOptions? Read(Section? otlp)
    {
        if (otlp is null)
            return null;
        var to = otlp.Object<Uri>("to", Collector);
        var interval = otlp.Duration("interval");
        if (interval < ShortestInterval)
            otlp.Problem("interval", $"'{(otlp.Node["interval"] as Scalar)?.Text}' is too often, write 1s or more");
        var read = new OtlpOptions
        {
            To = to ?? new Uri("http://localhost:4318"),
            Protocol = otlp.Choice<OtlpProtocol>("protocol") ?? OtlpProtocol.Http,
            Headers = ReadHeaders(otlp),
            Logs = otlp.Flag("logs") ?? true,
            Metrics = otlp.Flag("metrics") ?? true,
            Traces = otlp.Value<double>("traces", Ratio) ?? 1,
            Interval = interval ?? TimeSpan.FromSeconds(10),
        };
        if (read is { Logs: false, Metrics: false, Traces: 0 })
            otlp.Problem("to", "is sent nothing: logs, metrics and traces are false, make one of them true or remove otlp");
        if (read.Protocol == OtlpProtocol.Grpc && read.To.AbsolutePath != "/")
            otlp.Problem("to", $"'{read.To.OriginalString}' has a path, gRPC has none: write {read.To.GetLeftPart(UriPartial.Authority)}");
        return read;
    }

    /// <summary>http://host:port, with a path below which the signals have theirs.</summary>
    private static string? Collector(string text, out Uri value)
    {
        value = null!;
        if (!text.Contains("://", StringComparison.Ordinal))
            return $"is not a URL, write http://{text}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || read.Host.Length == 0)
            return "is not a URL, write for example http://127.0.0.1:4318";
        if (read.Scheme is not ("http" or "https"))
            return $"has the unknown scheme '{read.Scheme}', write http:// or https://";
        if (read.UserInfo.Length > 0)
            return "has a user, write the URL without one and credentials in headers";
        if (read.Query.Length > 0 || read.Fragment.Length > 0)
            return $"has a query, write {read.GetLeftPart(UriPartial.Path)}";
        if (read.AbsolutePath is "/v1/traces" or "/v1/metrics" or "/v1/logs")
            return $"names one signal, each has its own below: write {read.GetLeftPart(UriPartial.Authority)}";
        value = read;
        return null;
    }

    private static string? Ratio(string text, out double value)
    {
        value = text switch
        {
            "true" => 1,
            "false" => 0,
            _ => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) ? ratio : -1,
        };
        return value is >= 0 and <= 1 ? null : "is not true, false or a part of all exchanges, write for example 0.01";
    }

    // A value that is wrong is not quoted: it is a secret.
    private static List<(string, string)> ReadHeaders(Section otlp)
    {
        var read = new List<(string, string)>();
        if (otlp.Node["headers"] is not { } node)
            return read;
        if (node is not Mapping headers)
        {
            otlp.Problem("headers", "is not a map from names to values, write for example headers: { Authorization: Bearer abc }");
            return read;
        }
        foreach (var (name, value) in headers.Entries.Select(entry => (entry.Key, entry.Value)))
        {
            if (!Grammar.IsToken(name))
                otlp.ProblemAt(value.Place, "headers", $"'{Values.Quotable(name)}' is not the name of a field");
            else if (value is not Scalar { IsNull: false } scalar)
                otlp.ProblemAt(value.Place, "headers", $"{name} is not a single value");
            else if (!Grammar.IsFieldValue(scalar.Text))
                otlp.ProblemAt(value.Place, "headers", $"{name} has control characters in its value");
            else
                read.Add((name, scalar.Text));
        }
        return read;
    }
}
