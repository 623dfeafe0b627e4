using Microsoft.Win32.SafeHandles;

namespace Sluice.Cache.Disk;

/// <summary>One file of the store: records one after the other, or one alone.</summary>
internal sealed class Segment(uint number, string path, bool isAlone)
{
    private long _length;
    private long _metaOffset;
    private SafeFileHandle? _file;

    /// <summary>Grows with time.</summary>
    public uint Number => number;

    public string Path => path;

    /// <summary>Holds one large entry, and nothing else.</summary>
    public bool IsAlone => isAlone;

    /// <summary>Octets of whole records (and of the list at its end).</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    /// <summary>Of the entry that is alone: where its meta stands, which a 304 lets move.</summary>
    public long MetaOffset
    {
        get => Volatile.Read(ref _metaOffset);
        set => Volatile.Write(ref _metaOffset, value);
    }

    /// <summary>It has been let live once although it was the oldest.</summary>
    public bool WasSpared { get; set; }

    public SafeFileHandle? OpenFile => _file;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle Open(bool create) =>
        _file = File.OpenHandle(path, create ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Whoever reads from it still keeps the file open; then the handle's finalizer closes it.</summary>
    public void Close() => _file = null;
}
