using OpenTelemetry.Resources;

namespace Sluice.Records.Otlp;

/// <summary>Who speaks, in all that is exported.</summary>
internal static class Resources
{
    public static readonly string? Version = typeof(Resources).Assembly.GetName().Version?.ToString(3);

    // One instance for all signals: they name the same process.
    private static readonly string Instance = Guid.NewGuid().ToString();

    /// <summary>OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.</summary>
    public static ResourceBuilder Builder() => ResourceBuilder.CreateEmpty()
        .AddService("sluice", serviceVersion: Version, autoGenerateServiceInstanceId: false, serviceInstanceId: Instance)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
