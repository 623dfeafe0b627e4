using System.Text.Json;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What was purged by a selector, at one moment.</summary>
internal sealed class Ban(long number, EntrySelector selector, bool soft)
{
    private int _entries;

    /// <summary>UTC ticks when it came, but always greater than those before: a clock that steps back reorders nothing.</summary>
    public long Number => number;

    public EntrySelector Selector => selector;

    /// <summary>What it names is stale from then on, not gone.</summary>
    public bool Soft => soft;

    /// <summary>How many entries it has taken.</summary>
    public int Entries => Volatile.Read(ref _entries);

    public void Count() => Interlocked.Increment(ref _entries);
}

/// <summary>
/// Purging without a scan. A purge by prefix, host, tag or of all is one line in a short list, a ban; an entry that is older
/// than a ban that names it is gone, or stale, when it is next looked up.
/// <code>
/// entry          stamp = the newest ban when its request was looked up
/// lookup         stamp >= newest?  yes: nothing to do (one comparison, however many bans there are)
///                no: the bans behind the stamp are asked once, then stamp = newest
/// </code>
/// Numbers are times and outlive the process (<see cref="Write"/>), so a tier on disk keeps the stamp beside the head and
/// asks in the same way. What belongs to a fetch under way has the stamp of its lookup and is asked when it is stored.
/// A sweep asks for all entries soon after a ban. The ban is dropped by a sweep that began <see cref="Kept"/> after it:
/// by then nothing older is left that has not been asked, but for fetches that still run, and these are not stored.
/// </summary>
internal sealed class Bans(TimeProvider time)
{
    /// <summary>Longer than storing takes between its question here and the entry's being seen by a sweep.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private volatile Ban[] _bans = [];
    private long _newest;
    private long _dropped;

    /// <summary>The stamp of what is looked up now.</summary>
    public long Newest => Volatile.Read(ref _newest);

    public int Count => _bans.Length;

    public Ban Add(EntrySelector selector, bool soft)
    {
        lock (_gate)
        {
            var ban = new Ban(Math.Max(time.GetUtcNow().UtcTicks, _newest + 1), selector, soft);
            // All that is older than an equal ban is older than this one, too.
            _bans = [.. _bans.Where(b => soft || b.Selector != selector), ban];
            Volatile.Write(ref _newest, ban.Number);
            return ban;
        }
    }

    /// <summary>The ban that takes an entry of that stamp: the first hard one, else the first soft one; null: none does.</summary>
    public Ban? Judge(in CacheKey key, EntryHead head, long stamp)
    {
        Ban? taken = null;
        foreach (var ban in _bans)
        {
            if (ban.Number > stamp && (taken is null || !ban.Soft) && ban.Selector.Matches(key, head))
                taken = ban;
            if (taken is { Soft: false })
                break;
        }
        return taken;
    }

    /// <summary>Whether what was looked up under the stamp may be stored now.</summary>
    /// <param name="stamp">Becomes the stamp of the entry.</param>
    public bool Admits(in CacheKey key, EntryHead head, ref long stamp)
    {
        var newest = Newest;
        if (stamp >= newest)
            return true;
        var admits = stamp >= Volatile.Read(ref _dropped) && Judge(key, head, stamp) is null;
        stamp = newest;
        return admits;
    }

    /// <summary>Every entry of every tier has been asked about the bans up to that number, by a sweep that began then.</summary>
    public void Swept(long number, DateTimeOffset began)
    {
        lock (_gate)
        {
            var until = Math.Min(number, (began - Kept).UtcTicks);
            foreach (var ban in _bans)
                if (ban.Number <= until)
                    _dropped = Math.Max(_dropped, ban.Number);
            _bans = [.. _bans.Where(b => b.Number > until)];
        }
    }

    /// <summary>Puts the list into a file, whole or not at all.</summary>
    public void Write(string path)
    {
        Saved saved;
        lock (_gate)
            saved = new Saved(_newest, _dropped, [.. _bans.Select(SavedBan.Of)]);
        var aside = path + ".new";
        using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, saved);
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Takes the list from a file, at the start. False: there is none that can be read. What is stored then may be older than
    /// bans that are lost.</summary>
    public bool Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (JsonSerializer.Deserialize<Saved>(file) is not { Bans: { } bans } saved)
                return false;
            lock (_gate)
            {
                _bans = [.. bans.Select(b => b.ToBan())];
                _dropped = saved.Dropped;
                Volatile.Write(ref _newest, saved.Newest);
            }
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            return false;
        }
    }

    private sealed record Saved(long Newest, long Dropped, SavedBan[] Bans);

    private sealed record SavedBan(long Number, bool Soft, string? Route, string? Host, string? Prefix, string? Tag)
    {
        public static SavedBan Of(Ban ban) =>
            new(ban.Number, ban.Soft, ban.Selector.Route, ban.Selector.Host?.ToString(), ban.Selector.Prefix?.Url, ban.Selector.Tag);

        public Ban ToBan()
        {
            HostPattern? host = null;
            RequestTarget? prefix = null;
            if (Host is not null && HostPattern.TryParse(Host, out host) is not null
                || Prefix is not null && !RequestTarget.TryParse(Methods.Get, Prefix, null, "http", null, out prefix, out _))
                throw new FormatException();
            return new Ban(Number, new EntrySelector { Route = Route, Host = Host is null ? null : host, Prefix = prefix, Tag = Tag }, Soft);
        }
    }
}
