using System.Collections.Concurrent;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>The kept connections, by destination, last in, first out: the fewest stay warm, the others age out at the
/// bottom. A destination that nobody asks for any more leaves nothing behind.</summary>
internal sealed class IdleConnections(int most)
{
    private readonly ConcurrentDictionary<Destination, Shelf> _shelves = [];

    /// <summary>One whose address these rules admit: when it was dialled, it was perhaps by others.</summary>
    public UpstreamConnection? Take(Destination to, AddressRules rules)
    {
        if (!_shelves.TryGetValue(to, out var shelf))
            return null;
        lock (shelf)
        {
            // The last that lives on this thread's loop, or else the last.
            var chosen = -1;
            for (var at = shelf.Count - 1; at >= 0; at--)
            {
                if ((chosen >= 0 && !shelf[at].IsHere) || !rules.Admits(shelf[at].Remote))
                    continue;
                chosen = at;
                if (shelf[at].IsHere)
                    break;
            }
            if (chosen < 0)
                return null;
            var connection = shelf[chosen];
            shelf.RemoveAt(chosen);
            return connection;
        }
    }

    /// <summary>False: there are enough.</summary>
    public bool Put(UpstreamConnection connection)
    {
        while (true)
        {
            var shelf = _shelves.GetOrAdd(connection.To, static _ => []);
            lock (shelf)
            {
                if (shelf.IsRemoved)
                    continue;
                if (shelf.Count >= most)
                    return false;
                shelf.Add(connection);
                return true;
            }
        }
    }

    /// <summary>Disposes those whose time in the pool is over.</summary>
    public void Prune()
    {
        foreach (var (to, shelf) in _shelves)
            lock (shelf)
            {
                var expired = shelf.TakeWhile(connection => connection.Cut != Cut.None).ToList();
                expired.ForEach(connection => connection.Dispose());
                shelf.RemoveRange(0, expired.Count);
                if (shelf.Count > 0)
                    continue;
                shelf.IsRemoved = true;
                _shelves.TryRemove(to, out _);
            }
    }

    private sealed class Shelf : List<UpstreamConnection>
    {
        public bool IsRemoved { get; set; }
    }
}
