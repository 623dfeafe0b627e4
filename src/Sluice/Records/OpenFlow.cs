namespace Sluice.Records;

/// <summary>How far an open tunnel or relay has come.</summary>
/// <param name="Number">Of its record.</param>
/// <param name="Up">Octets so far, from the client.</param>
public readonly record struct OpenFlow(long Number, string Listener, long Up, long Down);
