// Room for descriptors.
//
// What: whether this process nears its limit of open descriptors (RLIMIT_NOFILE).
// Strategy: POSIX gives a new descriptor the lowest free number, so the number of a socket just made says how many
// are in use, without a call. Accepting stops when a quarter (at most 512) is left, dialling when an eighth (at most
// 64) is left.
// Facts: the limit itself must never be reached: a runtime that loads an assembly on demand, if only to describe the
// EMFILE it has met, finds no descriptor for it and ends the process ("Out of memory", seen at ulimit -n 150).
using System.Globalization;
using System.Net.Sockets;

namespace Sluice.Net;

internal static class Descriptors
{
    private static readonly int Limit = ReadLimit();

    /// <summary>The first descriptor's number at which nothing more is accepted.</summary>
    public static readonly int AcceptBelow = Limit - Math.Min(Limit / 4, 512);

    /// <summary>The first descriptor's number at which nothing more is dialled.</summary>
    public static readonly int DialBelow = Limit - Math.Min(Limit / 8, 64);

    /// <summary>As many may be open.</summary>
    public static int Most => Limit;

    public static bool IsBelow(nint descriptor, int number) => descriptor < number;

    /// <summary>As <see cref="IsBelow"/>, for the descriptor that would come next.</summary>
    public static bool NextIsBelow(int number)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            return IsBelow(probe.SafeHandle.DangerousGetHandle(), number);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The soft limit, which the runtime raises to the hard one; where it cannot be read: none.</summary>
    private static int ReadLimit()
    {
        const string name = "Max open files";
        try
        {
            var line = OperatingSystem.IsLinux()
                ? File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))
                : null;
            var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return int.MaxValue;
        }
    }
}
