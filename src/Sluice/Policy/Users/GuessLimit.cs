// How fast passwords may be guessed.
//
// What: for each key (a client's address, a user's name) so many wrong tries at once, then one each interval. A try beyond is refused before it is looked
// at, with the time after which the next one is; it says nothing of the password, costs no hash and holds no thread, timer or connection, as
// a delay would.
// Strategy: a leaky bucket told by one time, that at which it is empty again (GCRA, ITU-T I.371). A try is paid for when it begins, so that many at once are no way around,
// and paid back if it was right. An empty bucket is no entry.
// Facts: each entry is a try that was worked on in the last interval, or a few of them. One worker makes some thousand hashes of the
// least cost in that time, so that the table is bounded by what one core can hash.
namespace Sluice.Policy.Users;

/// <summary>Not safe for concurrent use.</summary>
/// <param name="atOnce">Tries before the limit holds.</param>
/// <param name="interval">Then one in this time.</param>
internal sealed class GuessLimit(int atOnce, TimeSpan interval)
{
    private const int LeastKept = 1024;

    private readonly Dictionary<Digest, TimeSpan> _emptyAt = [];
    private int _pruneAbove = LeastKept;

    public int Count => _emptyAt.Count;

    /// <summary>How long until the next try; zero or less: now.</summary>
    /// <param name="now">On any clock that never goes back.</param>
    public TimeSpan WaitFor(Digest key, TimeSpan now) =>
        _emptyAt.TryGetValue(key, out var emptyAt) ? emptyAt - now - (atOnce - 1) * interval : TimeSpan.Zero;

    public void Pay(Digest key, TimeSpan now)
    {
        _emptyAt[key] = (_emptyAt.TryGetValue(key, out var emptyAt) && emptyAt > now ? emptyAt : now) + interval;
        if (_emptyAt.Count > _pruneAbove)
            Prune(now);
    }

    public void PayBack(Digest key)
    {
        if (_emptyAt.TryGetValue(key, out var emptyAt))
            _emptyAt[key] = emptyAt - interval;
    }

    private void Prune(TimeSpan now)
    {
        foreach (var (key, emptyAt) in _emptyAt)
            if (emptyAt <= now)
                _emptyAt.Remove(key);
        _pruneAbove = Math.Max(LeastKept, 2 * _emptyAt.Count);
    }
}
