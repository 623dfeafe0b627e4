using System.Buffers;

namespace Sluice.Net;

/// <summary>The memory pool that Kestrel asks for its own needs: arrays of at least 4 KiB, also for a hint of 0.</summary>
internal sealed class KestrelBlocks : MemoryPool<byte>
{
    public static readonly KestrelBlocks Instance = new();
    private const int BlockSize = 4096;

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        return new Block(ArrayPool<byte>.Shared.Rent(BlockSize));
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(byte[] array) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } array)
                ArrayPool<byte>.Shared.Return(array);
        }
    }
}
