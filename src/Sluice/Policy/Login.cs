namespace Sluice.Policy;

/// <summary>What becomes of a client's credentials.</summary>
public enum LoginOutcome : byte
{
    /// <summary>It sent none.</summary>
    Missing,

    /// <summary>They are no Basic credentials (RFC 7617 s.2).</summary>
    Malformed,

    /// <summary>No such user, or not this password: which of the two is not told.</summary>
    Wrong,

    /// <summary>There have been too many wrong ones: these were not looked at.</summary>
    Limited,

    /// <summary>Too many wait to be looked at.</summary>
    Busy,

    Accepted,
}

/// <summary>Whether a client has proven who it is.</summary>
/// <param name="User">Who it is; null unless accepted.</param>
/// <param name="RetryAfter">When it is worth to try again: of those that were not looked at.</param>
public readonly record struct Login(LoginOutcome Outcome, User? User = null, TimeSpan RetryAfter = default);
