using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What a purge did.</summary>
/// <param name="Entries">Answers that it took, each variant for itself.</param>
public readonly record struct Purged(int Entries, bool Soft);

/// <summary>
/// Looking into the cache and purging, for the people who care for it; safe beside traffic: nothing here holds a lock for longer
/// than one entry takes. A purge of one URL is done at once; by prefix, host, tag or of all it is a ban
/// (<see cref="Sluice.Cache.Bans"/>), which holds from that moment on and is swept in the background.
/// <para>After a soft purge an answer is stale from that moment: what the origin and the client allow to be done with a stale
/// answer (stale-while-revalidate, stale-if-error, a dead origin) may still be done with it, as Varnish and Fastly do.</para>
/// </summary>
public sealed class CacheCare
{
    private readonly Tiers _tiers;
    private readonly MemoryTier _tier;
    private readonly string? _bansFile;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _last;
    private Task _sweeps = Task.CompletedTask;
    private long _swept;
    private TimeSpan _rest;

    /// <param name="folder">Of the disk tier, where bans are kept, too; null: there is none.</param>
    internal CacheCare(Tiers tiers, CacheRules? rules, TimeProvider time, string? folder)
    {
        (_tiers, _tier, Rules, _time, Bans) = (tiers, tiers.Memory, rules, time, new Bans(time));
        if (folder is not null)
            Bans.Read(_bansFile = Path.Combine(folder, "bans"));
        // The sweep that drops them.
        _last = time.CreateTimer(_ => SweepAsync(long.MaxValue), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Bans that some entry may not have been asked about.</summary>
    public int OpenBans => Bans.Count;

    internal Bans Bans { get; }

    internal CacheRules? Rules { get; set; }

    /// <summary>What is held, as far as it is selected; in no order.</summary>
    public IEnumerable<HeldEntry> List(EntrySelector selector)
    {
        var now = Moment.Now(_time);
        var held = _tiers.Disk is { } disk ? _tier.All.Concat(disk.All().Where(e => !_tier.Find(e.Key).Any(inMemory => inMemory.Head.Vary.IsSameAs(e.Head.Vary)))) : _tier.All;
        return held.Where(e => selector.Matches(e.Key, e.Head) && Bans.Judge(e.Key, e.Head, e.BanStamp) is not { Soft: false }).Select(e => HeldEntry.Of(e, now));
    }

    /// <summary>What is held for a request, and what would become of it now. Counts as no use.</summary>
    public async ValueTask<HeldAnswers> ShowAsync(RequestHead request, string scope)
    {
        var now = Moment.Now(_time);
        var rule = Rules?.ForLookup(request.Target);
        var facts = RequestFacts.Of(request.Fields);
        if (rule is { IgnoresReload: true })
            facts.Directives = facts.Directives.WithoutReload();
        var lookup = new Lookup(request, CacheKey.Of(scope, request.Target, rule), facts);
        lookup.Variants = Asked(_tier.Find(lookup.Key), lookup.Key, Bans.Newest);
        if (_tiers.MayBeOnDisk(lookup.Key))
            lookup.Variants = [.. lookup.Variants, .. Asked(await _tiers.Disk!.FindAsync(lookup.Key), Bans.Newest)
                .Where(e => !lookup.Variants.Any(inMemory => inMemory.Head.Vary.IsSameAs(e.Head.Vary)))];
        _tiers.Groups.Ask(lookup.Variants);
        lookup.Selected = Reuse.Select(lookup.Variants, request.Fields);
        var verdict = HttpCache.Judge(lookup, now, out var reason);
        return HeldAnswers.Of(lookup, rule, verdict, reason, now);
    }

    /// <summary>Purges one URL, all its variants.</summary>
    public async ValueTask<Purged> PurgeAsync(RequestTarget target, IEnumerable<string> scopes, bool soft)
    {
        var now = Moment.Now(_time);
        var taken = 0;
        foreach (var scope in scopes)
        {
            var key = CacheKey.Of(scope, target, Rules?.ForLookup(target));
            var onDisk = _tiers.MayBeOnDisk(key) ? await _tiers.Disk!.FindAsync(key) : [];
            var inMemory = _tier.Purge(key, soft ? entry => entry.WithHead(entry.Head.StaleSince(now)) : null);
            if (!soft)
                _tiers.Disk?.RemoveAll(key);
            else
                foreach (var entry in onDisk)
                    _tiers.Disk!.Update(entry.WithHead(entry.Head.StaleSince(now)));
            taken += Math.Max(inMemory, onDisk.Length);
        }
        // Who has the answer has a purge that outlives the process.
        await WrittenAsync();
        return new Purged(taken, soft);
    }

    /// <summary>Completes when what the disk tier was given is in its files.</summary>
    internal Task WrittenAsync() => _tiers.Disk?.WrittenAsync() ?? Task.CompletedTask;

    /// <summary>Purges all that is selected; ends when what was held is swept.</summary>
    public async Task<Purged> PurgeAsync(EntrySelector selector, bool soft)
    {
        var ban = Bans.Add(selector, soft);
        if (_bansFile is not null)
            Keep(_bansFile);
        _last.Change(Bans.Kept + TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await SweepAsync(ban.Number);
        return new Purged(ban.Entries, soft);
    }

    /// <summary>The variants after the bans that they have not been asked about; on the hot path one comparison each.</summary>
    internal Entry[] Asked(Entry[] variants, in CacheKey key, long newest)
    {
        foreach (var entry in variants)
        {
            if (entry.BanStamp >= newest)
                continue;
            foreach (var each in variants)
                Ask(each, newest);
            return _tier.Find(key);
        }
        return variants;
    }

    /// <summary>The same for what was found on disk.</summary>
    internal Entry[] Asked(Entry[] found, long newest)
    {
        if (Array.TrueForAll(found, entry => entry.BanStamp >= newest))
            return found;
        return [.. found.Select(entry => AskOnDisk(entry, newest)).OfType<Entry>()];
    }

    /// <summary>What is left of it.</summary>
    private Entry? AskOnDisk(Entry entry, long newest)
    {
        if (entry.BanStamp >= newest || Bans.Judge(entry.Key, entry.Head, entry.BanStamp) is not { } ban)
            return entry;
        ban.Count();
        if (ban.Soft)
        {
            var stale = Stale(entry, ban, newest);
            _tiers.Disk!.Update(stale);
            return stale;
        }
        _tiers.Disk!.RemoveAll(entry.Key);
        return null;
    }

    private void Keep(string bansFile)
    {
        try
        {
            Bans.Write(bansFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They hold in this process, and what they name goes from the disk with the next sweep.
            _tiers.Disk!.NoteFault(bansFile, e.Message);
        }
    }

    private void Ask(Entry entry, long newest)
    {
        var ban = Bans.Judge(entry.Key, entry.Head, entry.BanStamp);
        if (ban is not null && (ban.Soft ? _tier.Replace(entry, Stale(entry, ban, newest)) : _tier.Remove(entry)))
            ban.Count();
        entry.BanStamp = Math.Max(entry.BanStamp, newest);
    }

    private Entry Stale(Entry entry, Ban ban, long newest)
    {
        var now = Moment.Now(_time);
        var stale = entry.WithHead(entry.Head.StaleSince(ban.Number < now.WallTicks ? Moment.ByWall(ban.Number) : now));
        stale.BanStamp = newest;
        return stale;
    }

    private Task SweepAsync(long number)
    {
        lock (_gate)
            return _sweeps = SweepAsync(_sweeps, number);
    }

    /// <summary>One sweep after the other, on the thread pool; one asks about all bans that came while it waited. However often
    /// is purged, they take a tenth of a core: until a sweep a ban is asked about at each lookup.</summary>
    private async Task SweepAsync(Task before, long number)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        if (_swept >= number)
            return;
        await Task.Delay(_rest, _time);
        var started = _time.GetTimestamp();
        Sweep();
        _rest = _time.GetElapsedTime(started) * 9;
    }

    private void Sweep()
    {
        var (newest, began) = (Bans.Newest, _time.GetUtcNow());
        foreach (var entry in _tier.All)
            if (entry.BanStamp < newest)
                Ask(entry, newest);
        if (_tiers.Disk is { } disk)
            foreach (var entry in disk.All())
                AskOnDisk(entry, newest);
        _swept = newest;
        Bans.Swept(newest, began);
        if (_bansFile is not null)
            Keep(_bansFile);
    }
}
