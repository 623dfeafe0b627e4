using System.Net;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>What is known of a name's addresses.</summary>
/// <param name="Addresses">Empty where there is an error.</param>
/// <param name="Error"><see cref="SocketError.Success"/>; <see cref="SocketError.HostNotFound"/>: no such name, or no address;
/// <see cref="SocketError.NoRecovery"/>: the servers cannot tell; <see cref="SocketError.TryAgain"/>: none answered.</param>
/// <param name="Lasts">How long it may be used.</param>
internal readonly record struct NameAnswer(IPAddress[] Addresses, SocketError Error, TimeSpan Lasts)
{
    /// <summary>It says something of the name, not of the servers.</summary>
    public bool IsCertain => Error is SocketError.Success or SocketError.HostNotFound;

    public static NameAnswer None(SocketError error, TimeSpan lasts = default) => new([], error, lasts);
}
