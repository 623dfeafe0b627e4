// Whether octets of a file can be had without waiting for a disk.
//
// What: sendfile(2) reads what is not in memory yet, and an event loop would wait for that. So the octets are looked for before: a read of one
// octet with RWF_NOWAIT (preadv2(2)) fails with EAGAIN where the page is not there; newer kernels begin to fetch it.
// Strategy: the kernel reads files in windows and lets go of them in that order, so one probe in each window and one at the end answer
// for what lies between. Which file systems know the flag is asked once for each open file.
// Facts: tmpfs never waits and does not know the flag (EOPNOTSUPP); neither do network file systems and FUSE, which do wait.
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Net.Linux;

internal static unsafe class PageCache
{
    /// <summary>/sys/block/*/queue/read_ahead_kb, unless somebody has changed it.</summary>
    private const int Window = 128 << 10;

    private const int RWF_NOWAIT = 8, EOPNOTSUPP = 95;
    private const uint TMPFS_MAGIC = 0x01021994, RAMFS_MAGIC = 0x858458f6; // statfs(2)

    private enum Answer
    {
        Asked,
        Always,
        Never,
    }

    private static readonly ConditionalWeakTable<SafeFileHandle, object> Answers = [];

    /// <summary>False: reading them may wait. True for what lies behind the file's end.</summary>
    public static bool Holds(SafeFileHandle file, long offset, int count)
    {
        switch ((Answer)Answers.GetValue(file, static file => AnswerFor(file)))
        {
            case Answer.Always:
                return true;
            case Answer.Never:
                return false;
        }
        for (var at = 0; at < count - 1; at += Window)
            if (Probe(file, offset + at) < 0)
                return false;
        return Probe(file, offset + count - 1) >= 0;
    }

    private static Answer AnswerFor(SafeFileHandle file)
    {
        if (Probe(file, 0) >= 0 || Libc.LastError != EOPNOTSUPP)
            return Answer.Asked;
        var about = stackalloc byte[256]; // struct statfs
        return Libc.fstatfs(file, about) == 0 && (uint)*(nint*)about is TMPFS_MAGIC or RAMFS_MAGIC ? Answer.Always : Answer.Never;
    }

    private static nint Probe(SafeFileHandle file, long offset)
    {
        byte octet;
        var piece = new Libc.Piece { Start = &octet, Length = 1 };
        return Libc.preadv2(file, &piece, 1, offset, RWF_NOWAIT);
    }
}
