using System.Net;

namespace Sluice.Cache;

/// <summary>When and whence an answer came.</summary>
/// <param name="Asked">When the request was sent.</param>
/// <param name="Came">When the head was received.</param>
/// <param name="From">Who sent it.</param>
public readonly record struct Receipt(Moment Asked, Moment Came, IPEndPoint? From)
{
    /// <summary>The newest group invalidation when the request was looked up (<see cref="GroupStamps"/>).</summary>
    internal long GroupStamp { get; init; }

    /// <summary>The fields that are read in place of Cache-Control (<see cref="TargetedFields"/>).</summary>
    internal string[] Targets { get; init; } = [];

    /// <summary>For the answer to that lookup.</summary>
    internal Receipt To(Lookup lookup) => this with { GroupStamp = lookup.GroupStamp, Targets = TargetedFields.Of(lookup.Key) };
}
