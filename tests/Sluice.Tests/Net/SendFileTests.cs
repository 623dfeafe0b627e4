using System.Net.Sockets;
using System.Text;
using CsCheck;
using Microsoft.Win32.SafeHandles;
using Sluice.Net;
using Sluice.Net.Linux;

namespace Sluice.Tests.Net;

/// <summary>Octets of files, as every socket of the product sends them; on a file system that can be asked what lies in memory, and on
/// one that is memory.</summary>
public class SendFileTests
{
    private static readonly byte[] Head = Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nX: {new string('x', 200)}\r\n\r\n");

    public static TheoryData<string> Folders => [.. new[] { Path.GetTempPath(), "/var/tmp", "/dev/shm" }.Where(Directory.Exists)];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task AnyPartOfAFile_ArrivesBehindItsHead(string folder)
    {
        var content = Wire.Noise(3 << 20);
        using var file = Made(folder, content);
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        using var __ = own;
        var sent = 0L;
        await Gen.Select(Gen.Frequency((2, Gen.Int[0, 70_000]), (1, Gen.Int[0, 2 << 20])), Gen.Int[0, 1 << 20], Gen.Bool).SampleAsync(async part =>
        {
            var (count, offset, hasHead) = part;
            byte[] expected = [.. hasHead ? Head : [], .. content[offset..(offset + count)]];
            var reading = near.ReadAsync(expected.Length);
            await own.SendFileAsync(hasHead ? Head : default, file, offset, count).AsTask().Soon();
            var arrived = await reading;
            Assert.True(expected.AsSpan().SequenceEqual(arrived));
            Assert.Equal(sent += expected.Length, own.BytesSent);
        }, iter: 60, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task PartThatMustComeFromTheDisk_Arrives(string folder)
    {
        var content = Wire.Noise(1 << 20);
        using var file = Made(folder, content);
        Forget(file);
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        using var __ = own;
        var reading = near.ReadAsync(Head.Length + content.Length - 1);
        await own.SendFileAsync(Head, file, 1, content.Length - 1).AsTask().Soon();
        Assert.Equal((byte[])[.. Head, .. content[1..]], await reading);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task PageCache_HoldsWhatWasWrittenUntilItLetsGo(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux's");
        using var file = Made(folder, Wire.Noise(1 << 20));
        var isMemory = new DriveInfo(folder).DriveFormat == "tmpfs";
        Assert.SkipUnless(isMemory || new DriveInfo(folder).DriveFormat is "ext4" or "xfs" or "btrfs", "a file system that cannot be asked");
        Assert.True(PageCache.Holds(file, 0, 1 << 20));
        Assert.Equal(isMemory, await HoldsLetGoAsync(file, 0, 1 << 20, read: 0));
        // One page that is not there is enough.
        Assert.Equal(isMemory, await HoldsLetGoAsync(file, 0, 1 << 20, read: 1));
        Assert.Equal(isMemory, await HoldsLetGoAsync(file, 900_000, 1, read: 1));
        RandomAccess.Read(file, new byte[1 << 20], 0);
        Assert.True(PageCache.Holds(file, 0, 1 << 20));
        Assert.True(PageCache.Holds(file, 5, 1));
    }

    [Fact]
    public async Task Head_GoesAtOnce()
    {
        var content = Wire.Noise(16 << 10);
        using var file = Made(Path.GetTempPath(), content);
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        using var __ = own;
        for (var i = 0; i < 20; i++)
        {
            await own.SendFileAsync(Head, file, 0, content.Length).AsTask().Soon();
            // In a segment of its own: whoever waits reads it while the body's pages are gathered.
            var buffer = new byte[Head.Length + content.Length];
            var first = await near.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().Soon();
            for (var read = first; read < buffer.Length;)
                read += await near.ReceiveAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken).AsTask().Soon();
            Assert.Equal([.. Head, .. content], buffer);
        }
    }

    [Fact]
    public async Task OffsetBeyondTwoGigabytes_IsTheFiles()
    {
        const long offset = 5L << 30;
        var content = Wire.Noise(300_000);
        using var file = Made("/dev/shm", [], mayLack: true);
        RandomAccess.Write(file, content, offset);
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        using var __ = own;
        var reading = near.ReadAsync(content.Length + 10);
        await own.SendFileAsync(default, file, offset - 10, content.Length + 10).AsTask().Soon();
        Assert.Equal((byte[])[.. new byte[10], .. content], await reading);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task SlowReceiver_GetsAllOfIt(string folder)
    {
        var content = Wire.Noise(3_000_000);
        using var file = Made(folder, content);
        var (near, own) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = near;
        using var __ = own;
        var sending = own.SendFileAsync(Head, file, 0, content.Length).AsTask();
        Assert.False(sending.IsCompleted);
        Assert.Equal(Head, await near.ReadAsync(Head.Length));
        Assert.Equal(content[..1_000_000], await near.ReadAsync(1_000_000));
        Assert.False(sending.IsCompleted);
        // What was in memory when the send began need not be there any more.
        Forget(file);
        Assert.Equal(content[1_000_000..], await near.ReadAsync(2_000_000));
        await sending.Soon();
        Assert.Equal(Head.Length + content.Length, own.BytesSent);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task FileThatEndsBefore_IsAFailureOfTheFile(string folder)
    {
        foreach (var length in (int[])[0, 1, 100, 4096, 50_000, 262_144, 1 << 20])
        {
            using var file = Made(folder, Wire.Noise(length));
            var (near, own) = await Wire.OwnPairAsync();
            using var _ = near;
            using var __ = own;
            var reading = near.ReadToEndAsync();
            await Assert.ThrowsAsync<IOException>(() => own.SendFileAsync(Head, file, 0, length + 1).AsTask().Soon());
            // The socket is as it was: to break the connection is the caller's.
            await own.SendAsync("end");
            own.Dispose();
            Assert.EndsWith("end", Encoding.Latin1.GetString(await reading), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task FileThatIsCutWhileItIsSent_IsAFailureOfTheFile()
    {
        using var file = Made(Path.GetTempPath(), Wire.Noise(3_000_000));
        var (near, own) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = near;
        using var __ = own;
        var sending = own.SendFileAsync(Head, file, 0, 3_000_000).AsTask();
        await near.ReadAsync(500_000);
        Assert.False(sending.IsCompleted);
        RandomAccess.SetLength(file, 2_000_000);
        // What is under way already is the kernel's affair: less than a block.
        var reading = near.ReadAsync(1_000_000);
        await reading;
        var rest = near.ReadToEndAsync();
        await Assert.ThrowsAsync<IOException>(() => sending.Soon());
        own.Dispose();
        await rest;
    }

    [Fact]
    public async Task WhatIsNoFile_IsAFailureOfTheFile()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/mem");
        // Its first page cannot be read: EIO.
        using var file = File.OpenHandle("/proc/self/mem");
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        using var __ = own;
        await Assert.ThrowsAnyAsync<IOException>(() => own.SendFileAsync(Head, file, 0, 100).AsTask().Soon());
    }

    [Fact]
    public async Task ReceiverThatGoes_IsAFailureOfTheSocket()
    {
        using var file = Made(Path.GetTempPath(), Wire.Noise(3_000_000));
        var (near, own) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = own;
        var sending = own.SendFileAsync(Head, file, 0, 3_000_000).AsTask();
        await near.ReadAsync(100_000);
        near.Reset();
        await Assert.ThrowsAsync<SocketException>(() => sending.Soon());
    }

    [Fact]
    public async Task Dispose_EndsASendOfAFile()
    {
        using var file = Made(Path.GetTempPath(), Wire.Noise(3_000_000));
        var (near, own) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = near;
        var sending = own.SendFileAsync(Head, file, 0, 3_000_000).AsTask();
        Assert.False(sending.IsCompleted);
        own.Dispose();
        var end = await Assert.ThrowsAnyAsync<Exception>(() => sending.Soon());
        Assert.True(end is ObjectDisposedException or SocketException, end.ToString());
        Assert.False(file.IsClosed);
    }

    /// <summary>An open file without a name.</summary>
    internal static SafeFileHandle Made(string folder, byte[] content, bool mayLack = false)
    {
        var path = Path.Combine(mayLack && !Directory.Exists(folder) ? Path.GetTempPath() : folder, Path.GetRandomFileName());
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        RandomAccess.Write(file, content, 0);
        return file;
    }

    /// <summary>Whether it is held although it has been let go: tried again, as the page cache need not let go of all pages at the first word, and may fetch those that it is asked for.</summary>
    /// <param name="read">So many octets are read before it is asked.</param>
    private static async Task<bool> HoldsLetGoAsync(SafeFileHandle file, int offset, int count, int read)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            Forget(file);
            RandomAccess.Read(file, new byte[read], 0);
            if (!PageCache.Holds(file, offset, count))
                return false;
            await Task.Delay(1);
        }
        return true;
    }

    /// <summary>The page cache lets go of it, where it is not all there is.</summary>
    private static void Forget(SafeFileHandle file)
    {
        RandomAccess.FlushToDisk(file);
        if (OperatingSystem.IsLinux())
            Assert.Equal(0, Wire.Forget(file));
    }
}
