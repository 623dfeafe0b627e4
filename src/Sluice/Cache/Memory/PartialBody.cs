namespace Sluice.Cache.Memory;

/// <summary>What an entry has in place of a body that is not held whole (RFC 9111 s.3.3: recorded as incomplete).</summary>
/// <param name="CompleteLength">Of the representation; null: not known.</param>
/// <param name="Validator">The strong one, as it goes into If-Range; null: none, so nothing is combined with it.</param>
internal sealed record PartialBody(Extents Held, long? CompleteLength, string? Validator);
