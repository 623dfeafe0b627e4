namespace Sluice.Cache.Memory;

/// <summary>A link of a body on its way in. Octets once written and links once set never change, so that readers behind the
/// writer need no lock; how far they may read is told them beside. Who has passed a block lets it go.</summary>
internal sealed class Block(byte[] bytes)
{
    public byte[] Bytes => bytes;

    /// <summary>Set when this one is full.</summary>
    public Block? Next { get; set; }
}
