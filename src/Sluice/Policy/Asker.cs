using System.Net;

namespace Sluice.Policy;

/// <summary>Who asks.</summary>
/// <param name="Client">Null where that is not known.</param>
/// <param name="Listener">The name of the listener that the request came to.</param>
/// <param name="User">Null where the listener asks nobody to log in.</param>
public readonly record struct Asker(IPAddress? Client, string? Listener, User? User = null);
