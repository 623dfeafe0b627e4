namespace Sluice.Net;

/// <summary>A connection's bare socket, and the bytes that had been received from it but not consumed.
/// The taker disposes the socket.</summary>
public readonly record struct TakenSocket(TcpSocket Socket, ReadOnlyMemory<byte> Early);
