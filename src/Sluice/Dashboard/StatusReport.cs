using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>GET /v1/status</summary>
/// <param name="Generation">Of the configuration in force.</param>
/// <param name="Reasons">Why it is not ready.</param>
/// <param name="Totals">Since the start.</param>
/// <param name="Tunnels">Tunnels and relays that are open.</param>
/// <param name="Outputs">Where records go, the history among them.</param>
/// <param name="History">Its file; null: there is none.</param>
public sealed record StatusReport(
    string Version, DateTimeOffset Started, DateTimeOffset Now, int Generation, bool Ready, IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings,
    IReadOnlyList<ListenerFacts> Listeners, Totals Totals, int Tunnels, IReadOnlyList<OutputState> Outputs, string? History, CacheStats Cache)
{
    public static StatusReport Of(Administered administered)
    {
        var (program, readiness) = (administered.Program(), Health.Readiness(administered));
        return new StatusReport(
            typeof(StatusReport).Assembly.GetName().Version?.ToString(3) ?? "", program.Started, administered.Time.GetUtcNow(), administered.Configuration().Generation,
            readiness.Ready, readiness.Reasons, readiness.Warnings, program.Listeners, program.Totals, administered.Tunnels().Count, program.Outputs,
            administered.History(), CacheStats.Of(administered.Cache));
    }
}
