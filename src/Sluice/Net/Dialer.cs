// Connecting to a host by name or address.
//
// What: one name, several addresses, one connection, within one time limit that covers all of it.
// Strategy: resolve, keep only the addresses that the rules admit (the checked address is the dialled one: the name
// is not asked again), order them with the families alternating, then race as RFC 8305 s.5 says: start the first,
// every 250 ms or as soon as one has failed the next; the first that connects wins and the others are closed.
// Facts: a literal is not resolved, but it is checked. 127.1, 0x7f000001 or 2130706433 are literals, too (inet_aton(3)), and what
// comes out of them is checked: no spelling passes the rules. A mapped IPv4 address
// (::ffff:a.b.c.d) is dialled as the IPv4 address that it is.
using System.Net;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>Asks for a name's addresses; throws <see cref="SocketException"/> where there are none: TryAgain where no server answered.</summary>
public delegate ValueTask<IPAddress[]> Resolve(string name);

/// <summary>Dials. One for the whole process; safe for concurrent use.</summary>
public sealed class Dialer(Resolve resolve, TimeProvider time)
{
    /// <summary>RFC 8305 s.5, "Connection Attempt Delay": 250 ms recommended.</summary>
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private readonly Resolver? _resolver;

    /// <param name="options">Null: the system's names and name servers.</param>
    public Dialer(TimeProvider time, ResolverOptions? options = null) : this(new Resolver(time, options ?? new ResolverOptions()), time)
    {
    }

    private Dialer(Resolver resolver, TimeProvider time) : this(resolver.ResolveAsync, time) => _resolver = resolver;

    /// <summary>What was asked for; nothing where others resolve.</summary>
    public NameCounts Names => _resolver?.Counts ?? default;

    /// <param name="timeout">For resolving and for all addresses together; infinite is allowed.</param>
    /// <exception cref="OperationCanceledException">Only <paramref name="cancellation"/>; all else is in the result.</exception>
    public async ValueTask<DialResult> DialAsync(
        HostPort to, AddressRules rules, TimeSpan timeout, CancellationToken cancellation = default)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        await using var leaving = cancellation.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        var (addresses, error) = await LookUpAsync(to.Host, limit.Token);
        if (error != DialError.None)
        {
            cancellation.ThrowIfCancellationRequested();
            return Failed(error);
        }
        var admitted = addresses.Length == 1 ? One(addresses[0], to.Port, rules) : Order(addresses, to.Port, rules);
        if (admitted.Count == 0)
            return Failed(DialError.Prohibited);
        var result = admitted.Count == 1
            ? await ConnectAsync(admitted[0], limit.Token)
            : await RaceAsync(admitted, limit.Token);
        if (result.Socket is null)
            cancellation.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>What <see cref="DialAsync"/> would begin with: the addresses of a host, judged, in the resolver's order; nothing is dialled.</summary>
    /// <returns>No address, and why.</returns>
    public async ValueTask<(IReadOnlyList<JudgedAddress> Addresses, DialError Error)> JudgeAsync(HostPort to, AddressRules rules, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        var (addresses, error) = await LookUpAsync(to.Host, limit.Token);
        return ([.. addresses.Select(address => rules.Judge(EndPoint(address, to.Port))).DistinctBy(judged => judged.Address)], error);
    }

    private async ValueTask<(IPAddress[] Addresses, DialError Error)> LookUpAsync(string host, CancellationToken limit)
    {
        try
        {
            var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await ResolveAsync(host, limit);
            return (addresses, addresses.Length == 0 ? DialError.NameNotFound : DialError.None);
        }
        catch (SocketException error)
        {
            return ([], error.SocketErrorCode == SocketError.TryAgain ? DialError.NameTimedOut : DialError.NameNotFound);
        }
        catch (Exception error) when (error is OperationCanceledException or ArgumentException)
        {
            // ArgumentException: no name at all, too long for one (RFC 1035 s.2.3.4) or with a NUL.
            return ([], error is ArgumentException ? DialError.NameNotFound : DialError.NameTimedOut);
        }
    }

    /// <summary>Who leaves ends no question, as others may wait for its answer.</summary>
    private ValueTask<IPAddress[]> ResolveAsync(string name, CancellationToken cancellation)
    {
        var resolving = resolve(name);
        return resolving.IsCompleted ? resolving : new(resolving.AsTask().WaitAsync(cancellation));
    }

    private static List<IPEndPoint> One(IPAddress address, int port, AddressRules rules)
    {
        var only = EndPoint(address, port);
        return rules.Admits(only) ? [only] : [];
    }

    private static IPEndPoint EndPoint(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    private static DialResult Failed(DialError error) => new(null, null, error);

    /// <summary>The admitted addresses, families alternating from the resolver's first (RFC 8305 s.4).</summary>
    private static List<IPEndPoint> Order(IPAddress[] addresses, int port, AddressRules rules)
    {
        var admitted = addresses
            .Select(a => EndPoint(a, port))
            .Where(rules.Admits).Distinct().ToList();
        if (admitted.Count < 3)
            return admitted;
        var first = admitted.Where(e => e.AddressFamily == admitted[0].AddressFamily).ToList();
        var other = admitted.Where(e => e.AddressFamily != admitted[0].AddressFamily).ToList();
        var order = new List<IPEndPoint>(admitted.Count);
        for (var i = 0; i < Math.Max(first.Count, other.Count); i++)
        {
            if (i < first.Count)
                order.Add(first[i]);
            if (i < other.Count)
                order.Add(other[i]);
        }
        return order;
    }

    private async Task<DialResult> RaceAsync(List<IPEndPoint> order, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new List<Task<DialResult>>();
        DialResult? firstFailure = null;
        DialResult? winner = null;
        for (var next = 0; winner is null && (next < order.Count || running.Count > 0);)
        {
            if (next < order.Count)
                running.Add(ConnectAsync(order[next++], over.Token));
            foreach (var ended in await AnyEndedAsync(running, last: next == order.Count, cancellation))
            {
                running.Remove(ended);
                var result = await ended;
                if (result.Socket is null)
                    firstFailure ??= result;
                else if (winner is null)
                    winner = result;
                else
                    result.Socket.Dispose();
            }
            if (cancellation.IsCancellationRequested)
                next = order.Count; // start no more; those that run end by themselves
        }
        await over.CancelAsync();
        foreach (var loser in running)
            _ = DisposeWhenConnectedAsync(loser);
        return winner ?? firstFailure!.Value;
    }

    /// <summary>Those that have ended, as soon as one has; none: it is time for the next.</summary>
    private async Task<List<Task<DialResult>>> AnyEndedAsync(
        List<Task<DialResult>> running, bool last, CancellationToken cancellation)
    {
        if (last)
        {
            await Task.WhenAny(running);
        }
        else if (!running.Exists(t => t.IsCompleted))
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny([.. running, Task.Delay(AttemptDelay, time, enough.Token)]);
            await enough.CancelAsync();
        }
        return running.FindAll(t => t.IsCompleted);
    }

    private static async Task DisposeWhenConnectedAsync(Task<DialResult> loser) => (await loser).Socket?.Dispose();

    /// <summary>Never throws; a cancelled attempt has timed out.</summary>
    private static async Task<DialResult> ConnectAsync(IPEndPoint to, CancellationToken cancellation)
    {
        try
        {
            return new DialResult(await TcpSocket.ConnectAsync(to, cancellation), to, DialError.None);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return new DialResult(null, to, error is SocketException e ? Of(e.SocketErrorCode, to) : DialError.TimedOut);
        }
    }

    private static DialError Of(SocketError error, IPEndPoint to) => error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => DialError.Refused,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown
            or SocketError.NetworkDown or SocketError.AddressFamilyNotSupported => DialError.Unreachable,
        SocketError.TimedOut => DialError.TimedOut,
        // EADDRNOTAVAIL on connect: this machine has no IPv6 address, or no ephemeral port is left.
        SocketError.AddressNotAvailable when to.AddressFamily == AddressFamily.InterNetworkV6 => DialError.Unreachable,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable
            or SocketError.AddressNotAvailable => DialError.NoDescriptors,
        _ => DialError.Other,
    };
}
