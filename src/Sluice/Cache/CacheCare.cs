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
    private readonly MemoryTier _tier;
    private readonly CacheRules? _rules;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _last;
    private Task _sweeps = Task.CompletedTask;
    private long _swept;
    private TimeSpan _rest;

    internal CacheCare(MemoryTier tier, CacheRules? rules, TimeProvider time)
    {
        (_tier, _rules, _time, Bans) = (tier, rules, time, new Bans(time));
        // The sweep that drops them.
        _last = time.CreateTimer(_ => SweepAsync(long.MaxValue), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Bans that some entry may not have been asked about.</summary>
    public int OpenBans => Bans.Count;

    internal Bans Bans { get; }

    /// <summary>What is held, as far as it is selected; in no order.</summary>
    public IEnumerable<HeldEntry> List(EntrySelector selector)
    {
        var now = _time.GetUtcNow();
        return _tier.All.Where(e => selector.Matches(e.Key, e.Head) && Bans.Judge(e.Key, e.Head, e.BanStamp) is not { Soft: false }).Select(e => HeldEntry.Of(e, now));
    }

    /// <summary>What is held for a request, and what would become of it now. Counts as no use.</summary>
    public HeldAnswers Show(RequestHead request, string scope)
    {
        var now = _time.GetUtcNow();
        var rule = _rules?.ForLookup(request.Target);
        var facts = RequestFacts.Of(request.Fields);
        if (rule is { IgnoresReload: true })
            facts.Directives = facts.Directives.WithoutReload();
        var lookup = new Lookup(request, CacheKey.Of(scope, request.Target, rule), facts);
        lookup.Variants = Asked(_tier.Find(lookup.Key), lookup.Key, Bans.Newest);
        lookup.Selected = Reuse.Select(lookup.Variants, request.Fields);
        var verdict = HttpCache.Judge(lookup, now, out var reason);
        return HeldAnswers.Of(lookup, rule, verdict, reason, now);
    }

    /// <summary>Purges one URL, all its variants.</summary>
    public Purged Purge(RequestTarget target, IEnumerable<string> scopes, bool soft)
    {
        var now = _time.GetUtcNow();
        var taken = 0;
        foreach (var scope in scopes)
            taken += _tier.Purge(CacheKey.Of(scope, target, _rules?.ForLookup(target)), soft ? entry => entry.WithHead(entry.Head.StaleSince(now)) : null);
        return new Purged(taken, soft);
    }

    /// <summary>Purges all that is selected; ends when what was held is swept.</summary>
    public async Task<Purged> PurgeAsync(EntrySelector selector, bool soft)
    {
        var ban = Bans.Add(selector, soft);
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

    private void Ask(Entry entry, long newest)
    {
        var ban = Bans.Judge(entry.Key, entry.Head, entry.BanStamp);
        if (ban is not null && (ban.Soft ? _tier.Replace(entry, Stale(entry, ban, newest)) : _tier.Remove(entry)))
            ban.Count();
        entry.BanStamp = Math.Max(entry.BanStamp, newest);
    }

    private static Entry Stale(Entry entry, Ban ban, long newest)
    {
        var stale = entry.WithHead(entry.Head.StaleSince(new DateTimeOffset(ban.Number, TimeSpan.Zero)));
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
        _swept = newest;
        Bans.Swept(newest, began);
    }
}
