using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Cache.Disk;

/// <summary>Reads from files so that an event loop never waits for a disk: at once what lies in the page cache (preadv2(2) with
/// RWF_NOWAIT), the rest on the thread pool. A file system in memory never waits, and does not know the flag.</summary>
internal sealed partial class DiskReads(string folder)
{
    private const int RwfNoWait = 8;
    private const int Eopnotsupp = 95;
    private const int Enosys = 38;

    private readonly bool _neverWaits = OperatingSystem.IsLinux() && IsInMemory(folder);
    private volatile bool _knowsNoWait = OperatingSystem.IsLinux();

    /// <summary>True: all of it is read.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool TryReadNow(SafeFileHandle file, Span<byte> into, long offset) =>
        _neverWaits ? ReadAll(file, into, offset) : _knowsNoWait && ReadNoWait(file, into, offset) == into.Length;

    /// <summary>False: the file ends before.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async ValueTask<bool> ReadAsync(SafeFileHandle file, Memory<byte> into, long offset)
    {
        while (!into.IsEmpty)
        {
            var read = await RandomAccess.ReadAsync(file, into, offset);
            if (read == 0)
                return false;
            into = into[read..];
            offset += read;
        }
        return true;
    }

    /// <summary>The same on this thread.</summary>
    public static bool ReadAll(SafeFileHandle file, Span<byte> into, long offset)
    {
        while (!into.IsEmpty)
        {
            var read = RandomAccess.Read(file, into, offset);
            if (read == 0)
                return false;
            into = into[read..];
            offset += read;
        }
        return true;
    }

    private static bool IsInMemory(string folder)
    {
        try
        {
            return new DriveInfo(folder).DriveFormat is "tmpfs" or "ramfs";
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private unsafe nint ReadNoWait(SafeFileHandle file, Span<byte> into, long offset)
    {
        fixed (byte* start = into)
        {
            var piece = new IoVector { Start = start, Length = (nuint)into.Length };
            var read = PReadV2(file, &piece, 1, offset, RwfNoWait);
            if (read < 0 && Marshal.GetLastPInvokeError() is Eopnotsupp or Enosys)
                _knowsNoWait = false;
            return read;
        }
    }

    private unsafe struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint PReadV2(SafeFileHandle file, IoVector* pieces, int count, long offset, int flags);
}
