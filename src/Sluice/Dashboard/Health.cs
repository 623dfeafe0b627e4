using System.Globalization;

namespace Sluice.Dashboard;

/// <summary>GET /readyz</summary>
/// <param name="Reasons">Why no traffic should be sent here; empty: it may.</param>
/// <param name="Warnings">What an administrator should see to, and no reason to send the traffic elsewhere.</param>
public sealed record Readiness(IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings)
{
    public bool Ready => Reasons.Count == 0;
}

/// <summary>GET /healthz</summary>
/// <param name="Reasons">Why it should be started anew; empty: it need not.</param>
public sealed record Liveness(IReadOnlyList<string> Reasons)
{
    public bool Healthy => Reasons.Count == 0;
}

/// <summary>What a load balancer, a supervisor and an administrator should act on.</summary>
internal static class Health
{
    // An I/O thread that has not come back for so long does not come back.
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(30);

    public static Liveness Liveness(Administered administered) => new(administered.Program().Away is var away && away > Stuck
        ? [string.Create(CultureInfo.InvariantCulture, $"an I/O thread has not come back to its sockets for {away.TotalSeconds:0} s")]
        : []);

    public static Readiness Readiness(Administered administered) => new([.. Reasons(administered)], [.. Warnings(administered)]);

    /// <summary>What another instance would do better.</summary>
    private static IEnumerable<string> Reasons(Administered administered)
    {
        switch (administered.Program().Phase)
        {
            case ProgramPhase.Starts:
                yield return "it starts: its listeners are not bound yet";
                break;
            case ProgramPhase.Drains:
                yield return "it ends: what is open may end, nothing else begins";
                break;
        }
        foreach (var reason in Liveness(administered).Reasons)
            yield return reason;
        foreach (var list in administered.Censor().Lists())
            if (list.ReadAt is null)
                yield return $"a rule needs the list {list.Path}, which has not been read yet";
    }

    private static IEnumerable<string> Warnings(Administered administered)
    {
        var configuration = administered.Configuration();
        foreach (var problem in configuration.Problems)
            yield return $"the last reload was refused: {problem}";
        if (configuration.AtNextStart.Count > 0)
            yield return $"keys that take effect at the next start: {string.Join(", ", configuration.AtNextStart)}";
        foreach (var output in administered.Program().Outputs)
            if (output.Failing is { } why)
                yield return $"records cannot be written to {output.Name}: {why}";
        foreach (var list in administered.Lists().States)
            if (list.Error is { } error)
                yield return $"the list {list.Url} could not be fetched: {error}";
        if (administered.Cache.Counters.Disk is { } disk && disk.ReadFaults + disk.WriteFaults > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"the disk cache has failed to read {disk.ReadFaults} times and to write {disk.WriteFaults} times since the start");
    }
}
