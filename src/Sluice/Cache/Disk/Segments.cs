using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Cache.Disk;

/// <summary>The files of a store in the order of their age, and how many octets they have together.</summary>
internal sealed class Segments
{
    /// <summary>Files that are kept open; the process has some 20,000 descriptors, most of them for clients.</summary>
    private const int MostOpen = 1024;

    private readonly string _folder;
    private readonly ConcurrentDictionary<uint, Segment> _all = new();
    private readonly LinkedList<Segment> _byAge = new();
    private readonly Queue<Segment> _open = new();
    private readonly Lock _gate = new();
    private uint _last;
    private long _bytes;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    public Segments(string folder)
    {
        _folder = folder;
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Shared).Concat(Directory.EnumerateFiles(folder, "*" + Alone)))
        {
            if (!uint.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
                continue;
            var segment = new Segment(number, path, path.EndsWith(Alone, StringComparison.Ordinal)) { Length = new FileInfo(path).Length };
            _all[number] = segment;
            _bytes += segment.Length;
            _last = Math.Max(_last, number);
        }
        foreach (var segment in _all.Values.OrderBy(s => s.Number))
            _byAge.AddLast(segment);
    }

    private static string Shared => ".seg";

    private static string Alone => ".one";

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => _all.Count;

    public Segment? Get(uint number) => _all.GetValueOrDefault(number);

    public IReadOnlyList<Segment> NewestFirst()
    {
        lock (_gate)
            return [.. _byAge.OrderByDescending(s => s.Number)];
    }

    /// <exception cref="IOException">It cannot be made.</exception>
    public Segment Create(bool alone)
    {
        var number = Interlocked.Increment(ref _last);
        var segment = new Segment(number, Path.Combine(_folder, number.ToString("x8", CultureInfo.InvariantCulture) + (alone ? Alone : Shared)), alone);
        segment.Open(create: true);
        _all[number] = segment;
        lock (_gate)
            _byAge.AddLast(segment);
        KeepOpen(segment);
        return segment;
    }

    /// <summary>The file; opened again where it was not kept open.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle FileOf(Segment segment)
    {
        if (segment.OpenFile is { } open)
            return open;
        var file = segment.Open(create: false);
        KeepOpen(segment);
        return file;
    }

    public void Grow(Segment segment, long octets)
    {
        segment.Length += octets;
        Interlocked.Add(ref _bytes, octets);
    }

    /// <summary>The oldest but for those that are written to.</summary>
    public Segment? Oldest(Predicate<Segment> isWritten)
    {
        lock (_gate)
        {
            for (var node = _byAge.First; node is not null; node = node.Next)
                if (!isWritten(node.Value))
                    return node.Value;
        }
        return null;
    }

    /// <summary>As if it had come last.</summary>
    public void Renew(Segment segment)
    {
        lock (_gate)
            if (_byAge.Remove(segment))
                _byAge.AddLast(segment);
    }

    /// <summary>Takes it out and deletes its file. Its handle, if open, can still be read from.</summary>
    public void Remove(Segment segment)
    {
        if (!_all.TryRemove(segment.Number, out _))
            return;
        lock (_gate)
            _byAge.Remove(segment);
        Interlocked.Add(ref _bytes, -segment.Length);
        segment.Close();
        try
        {
            File.Delete(segment.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody reads it any more; the next start finds it and tries again.
        }
    }

    private void KeepOpen(Segment segment)
    {
        lock (_gate)
        {
            _open.Enqueue(segment);
            while (_open.Count > MostOpen)
                _open.Dequeue().Close();
        }
    }
}
