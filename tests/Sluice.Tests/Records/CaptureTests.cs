using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Records.Pcap;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records;

/// <summary>What becomes of what taps hear: bounds, losses, files.</summary>
public sealed class CaptureTests : IDisposable
{
    private static readonly IPEndPoint Here = new(IPAddress.Loopback, 3128);
    private static readonly IPEndPoint There = new(IPAddress.Loopback, 40000);

    private readonly TempFolder _folder = new();
    private readonly LogLines _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("", 0xffff)]
    [InlineData("00 01 f2 03 f4 f5 f6 f7", 0x220d)] // RFC 1071 s.3: the sum is ddf2
    [InlineData("01", 0xfeff)]
    [InlineData("ff ff ff ff ff ff ff ff 00 01", 0xfffe)]
    public void Checksum_IsThatOfTheRfc(string octets, int sum) =>
        Assert.Equal(sum, InternetChecksum.Of(Convert.FromHexString(octets.Replace(" ", "")), 0));

    [Fact]
    public async Task SlowReader_LosesPacketsAndTheStreamEnds()
    {
        await using var captures = new Captures(TimeProvider.System, NullLogger.Instance);
        var live = captures.Begin(static _ => true, null, default)!;
        var tap = new ConnectionTap(Here, There, weDialled: false, TimeProvider.System.GetUtcNow(), isDecrypted: false);
        var block = new byte[1 << 20];
        tap.Begin(captures.Choose(Record())!);
        for (var i = 0; i < 2 * Capture.Most / block.Length; i++)
            tap.Received(block);
        // The next exchange of the same connection, when there is room again.
        var file = new MemoryStream();
        var writing = live.WriteToAsync(file, CancellationToken.None);
        while (live.Capture.Waiting > 0)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        tap.Begin(captures.Choose(Record())!);
        tap.Received("again"u8);
        await captures.DisposeAsync();
        await writing.Within();

        var blocks = Blocks(file.ToArray());
        var lost = blocks.Where(b => b.Type == 5).Select(b => BinaryPrimitives.ReadInt64LittleEndian(b.Octets.AsSpan(b.Octets.Length - 16))).Last();
        Assert.InRange(lost, 32 * 17, 34 * 17);
        var path = _folder.File("slow.pcapng");
        await File.WriteAllBytesAsync(path, file.ToArray(), TestContext.Current.CancellationToken);
        var seen = (await Tshark.ReadAsync(path)).FindsNothing("Connection reset (RST)", "A new tcp session is started with the same ports");
        Assert.Equal(2, seen.Streams.Count);
        Assert.InRange(seen.Streams[0].FromClient.Length, 31 << 20, 32 << 20);
        Assert.Equal("again"u8.ToArray(), seen.Streams[1].FromClient);
        Assert.Contains(seen.Packets, packet => (packet.Flags & 4) != 0 && packet.Comment.Contains("Octets were lost here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Size_IsNotExceeded()
    {
        await using var captures = new Captures(TimeProvider.System, NullLogger.Instance);
        var live = captures.Begin(static _ => true, null, new CaptureBounds(null, 100_000))!;
        var tap = new ConnectionTap(Here, There, weDialled: false, TimeProvider.System.GetUtcNow(), isDecrypted: false);
        tap.Begin(captures.Choose(Record())!);
        for (var i = 0; i < 1000; i++)
            tap.Received(new byte[1000]);
        var file = new MemoryStream();
        await live.WriteToAsync(file, CancellationToken.None).Within();
        Assert.InRange(file.Length, 90_000, 100_000);
        Assert.Equal(5u, Blocks(file.ToArray())[^1].Type);
        Assert.False(captures.IsOn);
    }

    [Fact]
    public async Task Time_EndsIt()
    {
        var time = new ManualTime();
        await using var captures = new Captures(time, NullLogger.Instance);
        var live = captures.Begin(static _ => true, null, new CaptureBounds(TimeSpan.FromSeconds(60), null))!;
        var writing = live.WriteToAsync(new MemoryStream(), CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(writing.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await writing.Within();
    }

    [Fact]
    public async Task MoreThanThereMayBe_AreRefused_UntilOneEnds()
    {
        await using var captures = new Captures(TimeProvider.System, NullLogger.Instance);
        var all = Enumerable.Range(0, Captures.Most).Select(_ => captures.Begin(static _ => false, null, default)).ToList();
        Assert.DoesNotContain(null, all);
        Assert.Null(captures.Begin(static _ => false, null, default));
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all[0]!.WriteToAsync(Stream.Null, left.Token));
        Assert.NotNull(captures.Begin(static _ => false, null, default));
    }

    [Fact]
    public async Task EachFileOfTheRing_IsReadByItself()
    {
        const int Octets = 1_000_000;
        var folder = _folder.File("ring");
        var options = new CaptureOptions { Folder = folder, FileBytes = 1 << 20, Files = 3 };
        await using (var captures = new Captures(TimeProvider.System, _log.CreateLogger("captures")))
        {
            await captures.UseAsync(options);
            var tap = new ConnectionTap(Here, There, weDialled: false, TimeProvider.System.GetUtcNow(), isDecrypted: false);
            Assert.Null(captures.Choose(Record(by: null)));
            tap.Begin(captures.Choose(Record())!);
            for (var i = 0; i < 5; i++)
            {
                tap.Received(Enumerable.Repeat((byte)i, Octets).ToArray());
                tap.Sent("ok"u8);
            }
            tap.Closed(resets: false);
        }
        var files = Directory.GetFiles(folder).Order().ToList();
        Assert.Equal(3, files.Count);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, Octets, options.FileBytes));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode));
        for (var i = 0; i < 3; i++)
        {
            var seen = (await Tshark.ReadAsync(files[i])).FindsNothing();
            var stream = Assert.Single(seen.Streams);
            Assert.Equal(Octets, stream.FromClient.Length);
            Assert.All(stream.FromClient, octet => Assert.Equal(i + 2, octet));
            Assert.Equal("ok"u8.ToArray(), stream.FromServer);
        }
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_LosesAndTells_ThenGoesOn()
    {
        var time = new ManualTime();
        var folder = _folder.File("ring");
        // In its place stands a file.
        await File.WriteAllTextAsync(folder, "", TestContext.Current.CancellationToken);
        await using (var captures = new Captures(time, _log.CreateLogger("captures")))
        {
            await captures.UseAsync(new CaptureOptions { Folder = folder });
            var tap = new ConnectionTap(Here, There, weDialled: false, time.GetUtcNow(), isDecrypted: false);
            var first = captures.Choose(Record())!;
            tap.Begin(first);
            tap.Received("lost"u8);
            await SaidAsync("cannot be written");
            File.Delete(folder);
            time.Advance(TimeSpan.FromSeconds(1));
            // Of the exchange that lost octets nothing more is written.
            tap.Received("lost, too"u8);
            tap.Begin(captures.Choose(Record())!);
            tap.Received("kept"u8);
        }
        await SaidAsync("written to");
        var seen = (await Tshark.ReadAsync(Assert.Single(Directory.GetFiles(folder)))).FindsNothing();
        Assert.Equal("kept"u8.ToArray(), Assert.Single(seen.Streams).FromClient);
        Assert.Contains(_log.Lines, line => line.Contains("2 packets were lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NumbersThatWrap_AreFollowed()
    {
        var writer = new PcapngWriter();
        var packets = new TcpPackets(writer, new KeyLogReader(null));
        writer.Begin(null);
        var capture = new Capture(static _ => true, TimeProvider.System);
        var stream = new CapturedStream(capture, There, Here, capture.Now, "wraps", isDecrypted: false);
        var block = new byte[60_000];
        packets.Write(new CaptureEvent(stream, PassedKind.Octets, FromClient: true, capture.Now, block, block.Length), file: 1);
        // As if 4 GiB less a little had passed before the file that is read.
        stream.Advance(fromClient: true, -(int)(stream.Next(fromClient: true) + 100_000));
        writer.Reset();
        writer.Begin(null);
        for (var i = 0; i < 4; i++)
            packets.Write(new CaptureEvent(stream, PassedKind.Octets, FromClient: true, capture.Now, block, block.Length), file: 2);
        var path = _folder.File("wraps.pcapng");
        await File.WriteAllBytesAsync(path, writer.Written, TestContext.Current.CancellationToken);
        writer.Reset();
        Assert.Equal(240_000, Assert.Single((await Tshark.ReadAsync(path)).FindsNothing().Streams).FromClient.Length);
    }

    [Fact]
    public async Task CaptureThatIsCopied_IsWholeWhereverItEnds()
    {
        await using var captures = new Captures(TimeProvider.System, NullLogger.Instance);
        var live = captures.Begin(static _ => true, "host=a.test", default)!;
        var pipe = new Pipe();
        using var stop = new CancellationTokenSource();
        var writing = live.WriteToAsync(pipe.Writer.AsStream(), stop.Token);
        var (file, begun) = (new MemoryStream(), new TaskCompletionSource());
        var copy = new CaptureCopy(pipe.Reader.AsStream(), file);
        var copying = copy.RunAsync(() => begun.SetResult(), stop.Token);
        await begun.Task.Within();
        var tap = new ConnectionTap(Here, There, weDialled: false, TimeProvider.System.GetUtcNow(), isDecrypted: false);
        tap.Begin(captures.Choose(Record())!);
        tap.Received("octets"u8);
        for (var tries = 0; copy.Packets < 5; tries++)
        {
            Assert.True(tries < 10_000, $"{copy.Packets} packets instead of 5");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        await stop.CancelAsync();
        await copying.Within();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing).Within();

        Assert.Equal((5, 1, 0, file.Length), (copy.Packets, copy.Exchanges, copy.Lost, copy.Bytes));
        Assert.Equal([0x0A0D0D0Au, 1, 6, 6, 6, 6, 6, 5], Blocks(file.ToArray()).Select(block => block.Type));
    }

    [Fact]
    public async Task WhatIsNoCapture_IsNotCopied()
    {
        var copy = new CaptureCopy(new MemoryStream("{\"title\":\"no\"}"u8.ToArray()), Stream.Null);
        await Assert.ThrowsAsync<InvalidDataException>(() => copy.RunAsync(static () => { }, CancellationToken.None));
    }

    [Fact]
    public void KeysThatAreNew_AreReadOnce()
    {
        var path = _folder.File("keys");
        var reader = new KeyLogReader(path);
        Assert.Empty(reader.ReadNew());
        File.WriteAllText(path, "a 1 2\nb 1");
        Assert.Equal("a 1 2\n"u8.ToArray(), reader.ReadNew());
        File.AppendAllText(path, " 2\n");
        Assert.Equal("b 1 2\n"u8.ToArray(), reader.ReadNew());
        Assert.Empty(reader.ReadNew());
    }

    private async Task SaidAsync(string text)
    {
        for (var tries = 0; !_log.Lines.Any(line => line.Contains(text, StringComparison.Ordinal)); tries++)
        {
            Assert.True(tries < 10_000, $"nobody said '{text}'");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private static ExchangeRecord Record(string? by = "rule")
    {
        var record = ExchangeRecord.Begin(TimeProvider.System, "test", There);
        record.Verdict = new Verdict { CapturedBy = by };
        return record;
    }

    private static List<(uint Type, byte[] Octets)> Blocks(byte[] file)
    {
        var blocks = new List<(uint, byte[])>();
        for (var at = 0; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + length - 4)));
            Assert.Equal(0, length % 4);
            blocks.Add((BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)), file[at..(at + length)]));
            at += length;
        }
        return blocks;
    }
}
