namespace Sluice.Policy.Filters;

internal enum FilterOutcome : byte
{
    /// <summary>No filter blocks the request.</summary>
    None,

    Blocked,

    /// <summary>A filter would block it, and an exception says that it shall not.</summary>
    Excepted,
}

/// <summary>What filters say of a request, and which one.</summary>
/// <param name="Outcome">Whether it is blocked.</param>
/// <param name="List">The name of the deciding filter's list; empty where there is none.</param>
/// <param name="Line">Its line there, from 1; 0 where there is none.</param>
/// <param name="Filter">Its number, for <see cref="FilterSet.TextOf"/>.</param>
internal readonly record struct FilterMatch(FilterOutcome Outcome, string List, int Line, int Filter);
