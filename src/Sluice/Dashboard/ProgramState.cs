using Sluice.Records;

namespace Sluice.Dashboard;

public enum ProgramPhase
{
    /// <summary>Its listeners are not bound yet.</summary>
    Starts,

    Serves,

    /// <summary>It ends: what is open may end, nothing else begins.</summary>
    Drains,
}

/// <summary>How the program fares.</summary>
public sealed record ProgramState
{
    public required DateTimeOffset Started { get; init; }

    public required ProgramPhase Phase { get; init; }

    /// <summary>In the configuration's order.</summary>
    public required IReadOnlyList<ListenerFacts> Listeners { get; init; }

    /// <summary>Since the start.</summary>
    public required Totals Totals { get; init; }

    /// <summary>Where records go.</summary>
    public required IReadOnlyList<OutputState> Outputs { get; init; }

    /// <summary>How long the I/O thread that has been away longest has been away from its sockets.</summary>
    public TimeSpan Away { get; init; }
}

/// <param name="Kind"><c>forward</c>, <c>reverse</c> or <c>tcp</c>.</param>
/// <param name="Address">Where it really is.</param>
/// <param name="Open">Connections of clients.</param>
public sealed record ListenerFacts(string Name, string Kind, string Address, int Open);
