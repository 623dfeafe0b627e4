using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using Sluice.Cache.Disk;

namespace Sluice.Cache;

/// <summary>
/// A stored body that stays in its file. Each block of 64 KiB has a checksum. What has been compared with it since the start may go out
/// straight from the file; else it is read, block by block, and compared before it goes.
/// <para>Whoever has one keeps the file, also where its name has gone since.</para>
/// </summary>
public sealed class FileBody
{
    public const int BlockBytes = 64 << 10;

    private readonly DiskReads _reads;
    private readonly ulong[] _checks;
    private readonly Action<FileBody, bool> _compared;
    private int _comparedInOrder;

    /// <param name="checks">Of each block.</param>
    /// <param name="compared">Is told when all blocks agree, or one does not.</param>
    internal FileBody(DiskReads reads, SafeFileHandle file, long offset, long length, ulong[] checks, bool isVerified, Action<FileBody, bool> compared)
    {
        (File, Offset, Length, IsVerified) = (file, offset, length, isVerified);
        (_reads, _checks, _compared) = (reads, checks, compared);
    }

    public SafeFileHandle File { get; }

    /// <summary>Where the body begins in its file.</summary>
    public long Offset { get; }

    public long Length { get; }

    /// <summary>Its octets may be sent from the file as they are.</summary>
    public bool IsVerified { get; private set; }

    /// <summary>The octets from there to the end of their block, compared. Empty: they cannot be read, or are not what was stored.</summary>
    /// <param name="buffer">Of <see cref="BlockBytes"/> octets.</param>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long position, Memory<byte> buffer)
    {
        var block = (int)(position / BlockBytes);
        var first = (long)block * BlockBytes;
        var octets = buffer[..(int)Math.Min(BlockBytes, Length - first)];
        try
        {
            if ((_reads.TryReadNow(File, octets.Span, Offset + first) || await DiskReads.ReadAsync(File, octets, Offset + first))
                && CheckOf(octets.Span) == _checks[block])
            {
                Compared(block);
                return octets[(int)(position - first)..];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As good as damaged: it is not read again.
        }
        _compared(this, false);
        return default;
    }

    /// <summary>Compares its first octets, so that damage there is found before an answer begins.</summary>
    internal async ValueTask<bool> BeginsWellAsync(long octets)
    {
        if (IsVerified)
            return true;
        var buffer = GC.AllocateUninitializedArray<byte>(BlockBytes);
        for (long at = 0, end = Math.Min(octets, Length); at < end; at += BlockBytes)
            if ((await ReadAsync(at, buffer)).IsEmpty)
                return false;
        return true;
    }

    internal static int BlocksOf(long length) => (int)((length + BlockBytes - 1) / BlockBytes);

    internal static ulong CheckOf(ReadOnlySpan<byte> block) => XxHash3.HashToUInt64(block);

    private void Compared(int block)
    {
        if (block != _comparedInOrder || ++_comparedInOrder < _checks.Length)
            return;
        IsVerified = true;
        _compared(this, true);
    }
}
