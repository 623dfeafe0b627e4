namespace Sluice.Net;

/// <summary>Questions for the addresses of names, since the program began.</summary>
/// <param name="Kept">Answered by what was known.</param>
/// <param name="Asked">Questions to the name servers, also those to renew what is known.</param>
/// <param name="Failed">Of these: no server answered, or none knew.</param>
public readonly record struct NameCounts(long Kept, long Asked, long Failed);
