using Sluice.Cache.Disk;
using Sluice.Cache.Memory;

namespace Sluice.Cache;

/// <summary>A large body on its way to the disk tier, beside what memory collects of it. It begins where it is known that the body is
/// large: with its Content-Length, or when it has become so.</summary>
internal sealed class BodyOnDisk
{
    private readonly Tiers _tiers;
    private bool _hasBegun;

    private BodyOnDisk(Tiers tiers) => _tiers = tiers;

    /// <summary>Null: there is no disk, or the body is small and goes there when it is whole, or too large.</summary>
    public static BodyOnDisk? For(Tiers tiers, long? length) =>
        tiers.MaxOnDisk <= DiskTier.MostShared || length <= DiskTier.MostShared || length > tiers.MaxOnDisk ? null : new BodyOnDisk(tiers);

    /// <summary>Null: it has not begun, or is lost.</summary>
    public DiskWriter? Writer { get; private set; }

    /// <param name="collected">What came before.</param>
    /// <param name="length">Of the whole; null: not known.</param>
    public void Append(BodyBuilder collected, long? length, ReadOnlySpan<byte> piece)
    {
        if (!_hasBegun && (length is not null || collected.Length + piece.Length > DiskTier.MostShared))
        {
            _hasBegun = true;
            Writer = _tiers.Disk!.TryBegin();
            foreach (var block in collected.Blocks)
                Writer?.Append(block.Span);
        }
        if (Writer is not { } writer)
            return;
        writer.Append(piece);
        if (writer.Length > _tiers.MaxOnDisk)
            writer.Abandon();
        if (writer.IsLost)
            Writer = null;
    }

    public void Abandon()
    {
        Writer?.Abandon();
        Writer = null;
    }
}
