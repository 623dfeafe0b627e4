using System.Buffers.Binary;
using Sluice.Records.Pcap;

namespace Sluice.Records;

/// <summary>Copies a capture while it comes, block by block, so that what is written is whole wherever it ends; and counts.</summary>
public sealed class CaptureCopy(Stream from, Stream to)
{
    private const uint Packet = 6;
    private const uint Statistics = 5;
    private const uint SectionMagic = 0x0A0D0D0A;
    private const int MaxBlock = 16 << 20;

    private byte[] _block = new byte[64 << 10];
    private long _first;
    private long _last;
    private bool _hasStatistics;
    private bool _hasBegun;

    public long Packets { get; private set; }

    /// <summary>Of the file.</summary>
    public long Bytes { get; private set; }

    /// <summary>Packets that came faster than they could be read.</summary>
    public long Lost { get; private set; }

    /// <summary>Exchanges that began, tunnels and relays too.</summary>
    public long Exchanges { get; private set; }

    /// <summary>Until its end, or until it is stopped.</summary>
    /// <param name="hasBegun">Called when all that begins from now on is captured.</param>
    /// <exception cref="IOException">It cannot be read or written any more.</exception>
    /// <exception cref="InvalidDataException">It is no pcapng.</exception>
    public async Task RunAsync(Action hasBegun, CancellationToken stop)
    {
        try
        {
            while (await ReadBlockAsync(stop) is { IsEmpty: false } block)
            {
                await to.WriteAsync(block, CancellationToken.None);
                await to.FlushAsync(CancellationToken.None);
                Bytes += block.Length;
                Count(block.Span);
                if (!_hasBegun)
                    hasBegun();
                _hasBegun = true;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is there ends with a whole block.
        }
        if (_hasBegun && !_hasStatistics)
            await WriteStatisticsAsync();
    }

    /// <summary>Empty: there is no other.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(CancellationToken stop)
    {
        var read = await from.ReadAtLeastAsync(_block.AsMemory(0, 8), 8, throwOnEndOfStream: false, stop);
        if (read < 8)
            return default;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_block.AsSpan(4));
        if (length is < 12 or > MaxBlock || !_hasBegun && BinaryPrimitives.ReadUInt32LittleEndian(_block) != SectionMagic)
            throw new InvalidDataException("what came is no pcapng");
        if (length > _block.Length)
            Array.Resize(ref _block, length);
        await from.ReadExactlyAsync(_block.AsMemory(8, length - 8), stop);
        return _block.AsMemory(0, length);
    }

    private void Count(ReadOnlySpan<byte> block)
    {
        var type = BinaryPrimitives.ReadUInt32LittleEndian(block);
        _hasStatistics = type == Statistics;
        if (type == Packet)
        {
            Packets++;
            _last = (long)BinaryPrimitives.ReadUInt32LittleEndian(block[12..]) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(block[16..]);
            _first = _first == 0 ? _last : _first;
            // On the client's side of each; on the upstream's it is "upstream of".
            if (Option(block[(28 + (BinaryPrimitives.ReadInt32LittleEndian(block[20..]) + 3 & ~3))..^4], 1) is { } comment && comment.AsSpan().StartsWith("exchange "u8))
                Exchanges++;
        }
        else if (type == Statistics && Option(block[20..^4], 5) is { Length: 8 } lost)
            Lost = BinaryPrimitives.ReadInt64LittleEndian(lost);
    }

    private static byte[]? Option(ReadOnlySpan<byte> options, int code)
    {
        while (options.Length >= 4)
        {
            var (found, length) = (BinaryPrimitives.ReadUInt16LittleEndian(options), BinaryPrimitives.ReadUInt16LittleEndian(options[2..]));
            if (found == code)
                return options.Slice(4, length).ToArray();
            options = options[(4 + (length + 3 & ~3))..];
        }
        return null;
    }

    private async ValueTask WriteStatisticsAsync()
    {
        var writer = new PcapngWriter();
        writer.AddStatistics(_first, _last, Packets, Lost);
        await to.WriteAsync(writer.Written);
        await to.FlushAsync();
        Bytes += writer.Length;
        writer.Reset();
    }
}
