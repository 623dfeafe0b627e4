namespace Sluice.Dashboard;

/// <summary>The section <c>admin</c>.</summary>
public sealed record AdminOptions
{
    /// <summary>The longest name of a Unix socket is 107 octets (sun_path); it is made under a longer name than its own.</summary>
    public const int MaxSocketOctets = 95;

    /// <summary>The path of the Unix socket; null: there is no admin API.</summary>
    public string? Socket { get; init; }
}
