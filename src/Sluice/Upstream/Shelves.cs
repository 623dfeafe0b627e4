// The connections by destination: which are idle, how many are open, and who waits for one.
//
// What: a shelf per destination, with a lock of its own. Idle ones are taken last in, first out: the fewest stay warm, the others age out at the
// bottom. A destination that nobody asks for any more leaves nothing behind.
// Strategy: where the number of open ones is limited, whoever comes too late waits in a queue. A connection that becomes idle goes to the
// first in it that may use it, the place of one that is closed to the first of all. An idle one that nobody in sight may use
// (it was dialled under other rules) makes room.
// Facts: without a limit nothing is counted, and a shelf exists only while something lies on it.
using System.Collections.Concurrent;
using Sluice.Net;

namespace Sluice.Upstream;

/// <param name="mostIdle">Of one destination.</param>
/// <param name="mostOpen">Of one destination, idle ones included; 0: no limit.</param>
internal sealed class Shelves(int mostIdle, int mostOpen)
{
    private readonly ConcurrentDictionary<Destination, Shelf> _shelves = [];

    /// <summary>One whose address these rules admit: when it was dialled, it was perhaps by others.</summary>
    public UpstreamConnection? Take(Destination to, AddressRules rules)
    {
        if (!_shelves.TryGetValue(to, out var shelf))
            return null;
        lock (shelf)
            return shelf.Take(rules);
    }

    /// <summary>Asks for a place among the open ones, where <see cref="Take"/> found none. Whoever has it dials, and says
    /// <see cref="Leave"/> when that fails; a connection has it until it is closed.</summary>
    /// <returns>Null: dial. Else a connection that became idle meanwhile.</returns>
    /// <exception cref="TimeoutException">There was no place in all the time.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ValueTask<UpstreamConnection?> EnterAsync(Destination to, AddressRules rules, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        if (mostOpen == 0)
            return new((UpstreamConnection?)null);
        UpstreamConnection? useless = null;
        Waiter? waiter = null;
        var shelf = Hold(to);
        if (shelf.Open >= mostOpen && (useless = shelf.TakeOldest()) is null)
            shelf.Queue.AddLast(waiter = new Waiter(rules));
        else
            shelf.Open++;
        Monitor.Exit(shelf);
        useless?.Dispose();
        return waiter is null ? new((UpstreamConnection?)null) : WaitAsync(to, waiter, timeout, time, cancellation);
    }

    /// <summary>A place is free again.</summary>
    public void Leave(Destination to)
    {
        if (mostOpen == 0)
            return;
        var shelf = Hold(to);
        // What made room for itself in EnterAsync leaves one more open than there may be, for a moment.
        if (shelf.Open <= mostOpen && shelf.Queue.First is { } first)
        {
            shelf.Queue.RemoveFirst();
            first.Value.Place.SetResult(null);
        }
        else
            shelf.Open--;
        Monitor.Exit(shelf);
    }

    /// <summary>False: there are enough.</summary>
    public bool Put(UpstreamConnection connection)
    {
        var shelf = Hold(connection.To);
        var taken = shelf.TryHandOver(connection);
        if (!taken && shelf.Idle.Count < mostIdle)
        {
            shelf.Idle.Add(connection);
            taken = true;
        }
        Monitor.Exit(shelf);
        return taken;
    }

    /// <summary>How many are idle and how many wait, where any do.</summary>
    public IEnumerable<(Destination To, int Idle, int Waiting)> Counts()
    {
        foreach (var (to, shelf) in _shelves)
        {
            (Destination, int, int) counts;
            lock (shelf)
                counts = (to, shelf.Idle.Count, shelf.Queue.Count);
            yield return counts;
        }
    }

    /// <summary>Disposes those whose time in the pool is over.</summary>
    public void Prune()
    {
        foreach (var (to, shelf) in _shelves)
        {
            List<UpstreamConnection> expired;
            lock (shelf)
            {
                expired = [.. shelf.Idle.TakeWhile(static connection => connection.Cut != Cut.None)];
                shelf.Idle.RemoveRange(0, expired.Count);
            }
            // Each takes the lock again, for the place that it leaves.
            expired.ForEach(static connection => connection.Dispose());
            lock (shelf)
            {
                if (shelf.Idle.Count > 0 || shelf.Open > 0 || shelf.Queue.Count > 0)
                    continue;
                shelf.IsRemoved = true;
                _shelves.TryRemove(to, out _);
            }
        }
    }

    private async ValueTask<UpstreamConnection?> WaitAsync(
        Destination to, Waiter waiter, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            return await waiter.Place.Task.WaitAsync(timeout, time, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            var shelf = Hold(to);
            var waited = shelf.Queue.Remove(waiter);
            Monitor.Exit(shelf);
            if (waited)
                throw;
            // It came at the same moment.
            if (await waiter.Place.Task is not { } connection)
                Leave(to);
            else if (!Put(connection))
                connection.Dispose();
            throw;
        }
    }

    /// <summary>Enters the shelf's lock; the caller leaves it, and does nothing between that can throw.</summary>
    private Shelf Hold(Destination to)
    {
        while (true)
        {
            var shelf = _shelves.GetOrAdd(to, static _ => new Shelf());
            Monitor.Enter(shelf);
            if (!shelf.IsRemoved)
                return shelf;
            Monitor.Exit(shelf);
        }
    }

    private sealed record Waiter(AddressRules Rules)
    {
        public TaskCompletionSource<UpstreamConnection?> Place { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Shelf
    {
        public List<UpstreamConnection> Idle { get; } = [];

        public LinkedList<Waiter> Queue { get; } = [];

        public int Open { get; set; }

        public bool IsRemoved { get; set; }

        /// <summary>The last that lives on this thread's loop, or else the last.</summary>
        public UpstreamConnection? Take(AddressRules rules)
        {
            var chosen = -1;
            for (var at = Idle.Count - 1; at >= 0; at--)
            {
                if ((chosen >= 0 && !Idle[at].IsHere) || !rules.Admits(Idle[at].Remote))
                    continue;
                chosen = at;
                if (Idle[at].IsHere)
                    break;
            }
            return chosen < 0 ? null : TakeAt(chosen);
        }

        /// <summary>Gives it to the first in the queue that may use it.</summary>
        public bool TryHandOver(UpstreamConnection connection)
        {
            for (var waiting = Queue.First; waiting is not null; waiting = waiting.Next)
            {
                if (!waiting.Value.Rules.Admits(connection.Remote))
                    continue;
                Queue.Remove(waiting);
                waiting.Value.Place.SetResult(connection);
                return true;
            }
            return false;
        }

        public UpstreamConnection? TakeOldest() => Idle.Count == 0 ? null : TakeAt(0);

        private UpstreamConnection TakeAt(int at)
        {
            var taken = Idle[at];
            Idle.RemoveAt(at);
            return taken;
        }
    }
}
