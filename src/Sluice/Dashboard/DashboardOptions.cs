using System.Net;

namespace Sluice.Dashboard;

/// <summary>The section <c>dashboard</c>.</summary>
public sealed record DashboardOptions
{
    /// <summary>Where it is served; null: nowhere.</summary>
    public IPEndPoint? Bind { get; init; }

    /// <summary>Who may look and act, after a login: users, and groups with <c>@</c> before them. Empty: nobody logs in, whoever reaches the listener may; only on loopback.</summary>
    public IReadOnlyList<string> Admins { get; init; } = [];

    /// <summary>Host names and addresses by which it is asked for, besides those of this machine that it knows.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>A file with the token of scripts, one line, for the user alone that Sluice runs as; null: none has one.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Records and lists are compared by reference: these by what they say.</summary>
    public bool Equals(DashboardOptions? other) =>
        other is not null && Equals(Bind, other.Bind) && Admins.SequenceEqual(other.Admins) && Names.SequenceEqual(other.Names) && TokenFile == other.TokenFile;

    public override int GetHashCode() => HashCode.Combine(Bind, Admins.Count, Names.Count, TokenFile);
}
