using System.Net;
using System.Net.Sockets;

namespace Sluice.Config;

/// <summary>Binds a listener's port for a moment, so that a port in use is told beside the other problems.</summary>
internal static class PortTrial
{
    /// <summary>Why it cannot be bound, to be said after the address; null: it can.</summary>
    public static string? WhyNot(IPEndPoint bind)
    {
        try
        {
            using var socket = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (bind.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(bind);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"is in use by another program (ss -ltnp 'sport = :{bind.Port}' shows which), choose another port",
                SocketError.AddressNotAvailable => "is not an address of this machine",
                SocketError.AccessDenied => "may not be bound: ports below 1024 need the right to (CAP_NET_BIND_SERVICE)",
                _ => $"cannot be bound: {e.Message}",
            };
        }
    }
}
