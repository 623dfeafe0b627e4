using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Net;

namespace Sluice.Tests.Net;

/// <summary>Memory in pages that are sent by reference.</summary>
public class PagedMemoryTests
{
    public PagedMemoryTests() => Assert.SkipUnless(TcpSocket.UsesEpoll, "the platform's sockets send no pages");

    [Fact]
    public void Copy_IsTheOctets_AsMemoryAndAsFile()
    {
        var (first, second) = (Wire.Noise(100_000), Wire.Noise(5));
        var pages = Made([.. first, .. second]);
        var expected = (byte[])[.. first, .. second];
        Assert.Equal(expected, pages.Memory.ToArray());
        var read = new byte[expected.Length];
        Assert.Equal(read.Length, RandomAccess.Read(pages.File, read, pages.Offset));
        Assert.Equal(expected, read);
        Assert.Equal(expected[99_999..100_003], pages.Memory.Slice(99_999, 4).ToArray());
    }

    [Fact]
    public void Slice_TellsWhereItLies()
    {
        var pages = Made(Wire.Noise(50_000));
        Assert.True(MemoryMarshal.TryGetMemoryManager<byte, PagedMemory>(pages.Memory.Slice(7, 40_000), out var manager, out var start, out var length));
        Assert.Equal((pages, 7, 40_000), (manager, start, length));
    }

    [Fact]
    public void PiecesAtTheSameTime_DoNotMeet()
    {
        var contents = Enumerable.Range(0, 200).Select(i => Wire.Noise(40_000 + i)).ToArray();
        var pieces = new PagedMemory[contents.Length];
        Parallel.For(0, contents.Length, i => pieces[i] = Made(contents[i]));
        for (var i = 0; i < contents.Length; i++)
            Assert.True(contents[i].AsSpan().SequenceEqual(pieces[i].GetSpan()));
    }

    [Fact]
    public void NobodyRefersToIt_ItsPagesAreGivenBack()
    {
        var kept = Made(Wire.Noise(40_000));
        var expected = kept.Memory.ToArray();
        var gone = WhereOneWas();
        var read = new byte[40_000];
        for (var i = 0; i < 50 && read.Length > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            RandomAccess.Read(kept.File, read, gone);
            if (!read.AsSpan().ContainsAnyExcept((byte)0))
                read = [];
        }
        Assert.Empty(read);
        Assert.Equal(expected, kept.Memory.ToArray());
    }

    [Fact]
    public void Nothing_HasNoPages() => Assert.Null(PagedMemory.TryCopy(ReadOnlySequence<byte>.Empty));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long WhereOneWas()
    {
        var piece = Made(Wire.Noise(40_000));
        Assert.True(piece.GetSpan().ContainsAnyExcept((byte)0));
        return piece.Offset;
    }

    private static PagedMemory Made(byte[] content)
    {
        // In two pieces, as bodies come.
        var first = new Part(content.AsMemory(0, content.Length / 3), null);
        var last = new Part(content.AsMemory(content.Length / 3), first);
        return Assert.IsType<PagedMemory>(PagedMemory.TryCopy(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)));
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, Part? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
