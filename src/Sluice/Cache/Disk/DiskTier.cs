using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Sluice.Cache.Memory;

namespace Sluice.Cache.Disk;

/// <summary>
/// Entries on disk, found again after a restart. The index is in memory, keys and heads are in the files; one thread writes
/// (<see cref="DiskStore"/>), everybody reads. Whatever the disk does, the worst that comes of it is that nothing is found.
/// </summary>
internal sealed class DiskTier : IAsyncDisposable
{
    /// <summary>Bodies up to this are read together with their head; a larger one is sent from its file.</summary>
    internal const int MostRead = 16 << 10;

    /// <summary>Bodies up to this are stored among others; a larger one has a file of its own.</summary>
    public const int MostShared = 1 << 20;

    private const long MostQueued = 64 << 20;

    private readonly DiskFolder _folder;
    private readonly ILogger _log;
    private readonly DiskIndex _index = new();
    private readonly DiskQueue _queue = new(MostQueued);
    private readonly DiskFaults _faults;
    private readonly DiskReader _reader;
    private readonly Segments _segments;
    private readonly DiskStore _store;
    private readonly DiskLoader _loader;
    private readonly ConcurrentDictionary<CacheKey, PutJob> _waiting = new();
    private readonly ConcurrentDictionary<EndJob, EndJob> _ending = new(); // large ones, whole, that are not found yet
    private readonly Thread _writer;
    private readonly Task _loading;
    private long _hits, _stores, _refused;

    /// <exception cref="DiskCacheException">The folder cannot be used, or another process uses it.</exception>
    public DiskTier(DiskOptions options, TimeProvider time, ILogger log)
    {
        (_log, SizeBytes) = (log, options.SizeBytes);
        try
        {
            _folder = new DiskFolder(options.Path, log);
            _segments = new Segments(options.Path);
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            _folder?.Dispose();
            throw new DiskCacheException(options.Path, e);
        }
        _faults = new DiskFaults(time, log);
        var life = Random.Shared.NextInt64();
        _reader = new DiskReader(_segments, _index, _faults, new DiskReads(options.Path), time, life);
        _store = new DiskStore(_segments, _index, _faults, options.SizeBytes, life);
        _loader = new DiskLoader(_segments, _index, _faults);
        _writer = new Thread(Write) { Name = "disk cache", IsBackground = true };
        _writer.Start();
        var began = time.GetTimestamp();
        _loading = Task.Run(() =>
        {
            _loader.Load();
            DiskLog.Loaded(log, options.Path, _index.Count, _segments.Bytes, _segments.Count, time.GetElapsedTime(began).TotalSeconds);
        });
    }

    public long SizeBytes { get; }

    /// <summary>Completes when all that was stored before is found.</summary>
    public Task Loading => _loading;

    public DiskCounters Counters => new(SizeBytes, _segments.Bytes, _index.Count, _index.Bytes, Interlocked.Read(ref _hits), Interlocked.Read(ref _stores), _queue.Bytes,
        Interlocked.Read(ref _refused), _store.Evictions, _faults.Reads, _faults.Writes, _faults.Damaged, !_loading.IsCompleted);

    /// <summary>False: there is nothing. True: one must look.</summary>
    public bool MayHold(in CacheKey key) => _index.MayHold(HashOf(key)) || !_waiting.IsEmpty && _waiting.ContainsKey(key);

    /// <summary>All variants, newest first. Completes at once where what is needed is in memory, the system's included.</summary>
    public ValueTask<Entry[]> FindAsync(in CacheKey key)
    {
        if (!_waiting.IsEmpty && _waiting.TryGetValue(key, out var job))
            return WithWaitingAsync(key, job);
        return ReadAsync(key);
    }

    /// <summary>Stores an entry whose body is in memory, in the place of the one of its variant. False: there is no room in the queue, or
    /// the disk fails.</summary>
    public bool TryPut(Entry entry)
    {
        var job = new PutJob(entry, HashOf(entry.Key), VariantOf(entry.Head.Vary));
        _waiting.AddOrUpdate(entry.Key, job, (_, before) =>
        {
            job.Before = before;
            return job;
        });
        if (!_faults.Pauses && _queue.TryAdd(job))
        {
            Interlocked.Increment(ref _stores);
            return true;
        }
        job.Cancel();
        _waiting.TryRemove(new(entry.Key, job));
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>For a body too large for <see cref="TryPut"/>; null: the disk fails.</summary>
    public DiskWriter? TryBegin()
    {
        if (!_faults.Pauses)
            return new DiskWriter(this);
        Interlocked.Increment(ref _refused);
        return null;
    }

    /// <summary>The same octets under another head.</summary>
    /// <param name="entry">With the place of the old one.</param>
    public void Update(Entry entry)
    {
        // One that was found while it waited to be written has no place yet.
        if (entry.Body.File is null)
            TryPut(entry);
        else if (entry.Place is { } place && !_queue.TryAdd(new RewriteJob(place, entry)))
            Interlocked.Increment(ref _refused);
    }

    /// <summary>All variants; nor do they come back after a restart.</summary>
    public bool RemoveAll(in CacheKey key)
    {
        var keyHash = HashOf(key);
        var waits = _waiting.TryGetValue(key, out var job);
        for (; job is not null; job = job.Before)
            job.Cancel();
        if (!_ending.IsEmpty)
            foreach (var end in _ending.Values.Where(end => end.KeyHash == keyHash))
            {
                end.Cancel();
                waits = true;
            }
        _loader.Bury(keyHash);
        var removed = _index.RemoveAll(keyHash);
        if (removed.Length == 0 && !waits && _loading.IsCompleted)
            return false;
        _queue.TryAdd(new TombstoneJob(keyHash, removed));
        return true;
    }

    public void Clear()
    {
        foreach (var job in _waiting.Values)
            for (var each = job; each is not null; each = each.Before)
                each.Cancel();
        foreach (var end in _ending.Values)
            end.Cancel();
        _loader.BuryAll();
        _index.Clear();
        _queue.TryAdd(new ClearJob());
    }

    /// <summary>Completes when what was handed over before is in the files, as far as they take it.</summary>
    public Task WrittenAsync()
    {
        var mark = new MarkJob();
        return _queue.TryAdd(mark) ? mark.Done.Task : Task.CompletedTask;
    }

    /// <summary>A file of the store's folder could not be written.</summary>
    public void NoteFault(string path, string problem) => _faults.OnWrite(path, problem);

    /// <summary>Everything, read as it is asked for; for a thread that may wait.</summary>
    public IEnumerable<Entry> All()
    {
        foreach (var slot in _index.All())
            if (_reader.ReadNow(slot) is { } entry)
                yield return entry;
    }

    /// <summary>What waits is written, and the store is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        _loader.Stop();
        await _loading;
        _queue.Close();
        await Task.Run(_writer.Join);
        _folder.Dispose();
    }

    internal bool TryWrite(DiskWriter writer, byte[] piece, int length)
    {
        if (_queue.TryAdd(new PieceJob(writer, piece, length)))
            return true;
        Interlocked.Increment(ref _refused);
        return false;
    }

    internal void End(DiskWriter writer, Entry? entry)
    {
        var job = new EndJob(writer, entry, entry is null ? 0 : HashOf(entry.Key));
        if (entry is not null)
        {
            Interlocked.Increment(ref _stores);
            _ending[job] = job;
        }
        if (!_queue.TryAdd(job))
            _ending.TryRemove(job, out _);
    }

    private async ValueTask<Entry[]> WithWaitingAsync(CacheKey key, PutJob? job)
    {
        var entries = new List<Entry>();
        for (; job is not null; job = job.Before)
            if (!job.IsCancelled && entries.TrueForAll(e => VariantOf(e.Head.Vary) != job.VariantHash))
                entries.Add(job.Entry);
        foreach (var stored in await ReadAsync(key))
            if (entries.TrueForAll(e => VariantOf(e.Head.Vary) != VariantOf(stored.Head.Vary)))
                entries.Add(stored);
        return [.. entries];
    }

    private ValueTask<Entry[]> ReadAsync(in CacheKey key)
    {
        Span<Slot> found = stackalloc Slot[DiskIndex.MaxVariants];
        var count = _index.Find(HashOf(key), found);
        if (count == 0)
            return new([]);
        if (count > 1 || !_reader.TryRead(found[0], key, out var entry))
            return ReadManyAsync(key, found[..count].ToArray());
        if (entry is null)
            return new([]);
        Interlocked.Increment(ref _hits);
        return new([entry]);
    }

    private async ValueTask<Entry[]> ReadManyAsync(CacheKey key, Slot[] slots)
    {
        var entries = new List<Entry>(slots.Length);
        foreach (var slot in slots)
            if ((_reader.TryRead(slot, key, out var entry) ? entry : await _reader.ReadAsync(slot, key)) is { } read)
                entries.Add(read);
        if (entries.Count > 0)
            Interlocked.Increment(ref _hits);
        return [.. entries];
    }

    private ulong HashOf(in CacheKey key)
    {
        // Lengths before the parts: no two keys are the same octets.
        var length = key.Scope.Length + key.Scheme.Length + key.Host.Length + key.PathAndQuery.Length + 5;
        var rented = length > 512 ? ArrayPool<char>.Shared.Rent(length) : null;
        var text = rented is null ? stackalloc char[512] : rented;
        var at = 5;
        (text[0], text[1], text[2], text[3], text[4]) =
            ((char)key.Scope.Length, (char)key.Scheme.Length, (char)key.Host.Length, (char)key.Port, (char)key.PathAndQuery.Length);
        foreach (var part in (ReadOnlySpan<string>)[key.Scope, key.Scheme, key.Host, key.PathAndQuery])
        {
            part.CopyTo(text[at..]);
            at += part.Length;
        }
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text[..length]), _folder.Seed);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
        return hash;
    }

    private static uint VariantOf(Vary vary)
    {
        if (vary.Count == 0)
            return 0;
        var hash = new XxHash3();
        foreach (var (name, value) in vary.Values)
        {
            hash.Append(MemoryMarshal.AsBytes(name.ToLowerInvariant().AsSpan()));
            hash.Append(value is null ? [0] : [1]);
            hash.Append(MemoryMarshal.AsBytes((value + "\n").AsSpan()));
        }
        return (uint)hash.GetCurrentHashAsUInt64() | 1;
    }

    private void Write()
    {
        try
        {
            var spare = new List<DiskJob>();
            while (_queue.Take(spare) is { } jobs)
            {
                foreach (var job in jobs)
                    Do(job);
                _store.Flush();
                foreach (var job in jobs)
                {
                    if (job is PutJob put)
                        _waiting.TryRemove(new(put.Entry.Key, put));
                    else if (job is EndJob end)
                        _ending.TryRemove(end, out _);
                    _queue.Done(job);
                }
                jobs.Clear();
                spare = jobs;
            }
            _store.Seal();
        }
        catch (Exception bug)
        {
            DiskLog.WriterFailed(_log, bug);
            _queue.Close();
            while (_queue.Take([]) is { } left)
                foreach (var mark in left.OfType<MarkJob>())
                    mark.Done.TrySetResult();
        }
    }

    private void Do(DiskJob job)
    {
        if (job is PutJob put)
        {
            _store.Put(put);
            return;
        }
        _store.Flush();
        switch (job)
        {
            case TombstoneJob buried:
                _store.Bury(buried.KeyHash, buried.Removed);
                break;
            case RewriteJob rewrite:
                _store.Rewrite(rewrite, VariantOf(rewrite.Entry.Head.Vary));
                break;
            case PieceJob piece:
                _store.Write(piece);
                break;
            case EndJob end:
                _store.End(end, VariantOf);
                break;
            case MarkJob mark:
                mark.Done.TrySetResult();
                break;
            case ClearJob:
                _store.Clear();
                break;
        }
    }
}
