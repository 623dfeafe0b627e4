using System.Net.Sockets;

namespace Sluice.Dashboard;

/// <summary>The admin socket cannot be made; the message says why and names it.</summary>
public sealed class AdminSocketException(string message) : Exception(message);

/// <summary>
/// The Unix socket of the admin API. Its mode is set before anybody can connect: it is bound under a name of its own, gets
/// 0600, moves to its place, and only then listens; a connection to a socket that does not listen is refused. The move
/// replaces what a dead process left in the same step.
/// </summary>
internal static class AdminSocket
{
    /// <summary>Bound, in its place, not listening yet.</summary>
    public static Socket Bind(string path)
    {
        RefuseTakenPlace(path);
        var aside = $"{path}.{Environment.ProcessId}";
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(aside);
            socket.Bind(new UnixDomainSocketEndPoint(aside));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(aside, path, overwrite: true);
            return socket;
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new AdminSocketException($"{path}: {e.Message}");
        }
    }

    private static void RefuseTakenPlace(string path)
    {
        if (!Path.Exists(path))
            return;
        if (IsFile(path))
            throw new AdminSocketException($"{path}: this is a file and no socket, name another path");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            // It listens, and its queue is full.
        }
        catch (SocketException e)
        {
            throw new AdminSocketException($"{path}: {e.Message}");
        }
        throw new AdminSocketException($"{path}: another process serves there");
    }

    /// <summary>A socket cannot be opened as a file (ENXIO).</summary>
    private static bool IsFile(string path)
    {
        try
        {
            using var _ = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
