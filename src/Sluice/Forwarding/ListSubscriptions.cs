// Lists subscribed to by URL.
//
// What: of each list a copy on disk, which rules read as they read every list file; this keeps it new.
// Strategy: a list is asked for when its copy is older than the interval (a tenth of it at random is added, so that many proxies
//   do not ask at the same moment), with the validators of the copy. What comes is written aside, tried as a list, and takes the copy's place by a
//   rename; the watching of list files does the rest. After a failure it is asked for again after 30 s, then after twice as long each time, up to an hour.
// Why over UpstreamPool and not HttpClient: it dials by our names and address rules, judges certificates and limits times as for all traffic, and tells in
//   the same words why there is no answer. What is added here is little: redirects, gzip and br.
// Rules: nothing of this runs on the I/O threads but the receiving itself.
using System.Net;
using Microsoft.Extensions.Logging;
using Sluice.Forwarding.Subscribed;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>Keeps the copies of subscribed lists new.</summary>
public sealed class ListSubscriptions : IAsyncDisposable
{
    /// <summary>So many lists are asked for at once.</summary>
    private const int AtOnce = 4;

    private readonly Subscription[] _all;
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private readonly CancellationTokenSource _end = new();

    /// <param name="addressRules">For a guard, as they are now. The configured URL is the administrator's choice and has none.</param>
    public ListSubscriptions(SubscriptionOptions options, UpstreamPool upstream, Func<AddressGuard, AddressRules> addressRules, TimeProvider time, ILogger log)
    {
        var fetch = new ListFetch(upstream, addressRules, options.MaxBytes, time);
        _all = [.. options.Lists.Select(list => new Subscription(list, options.Every, fetch, _turns, time, log, _end.Token))];
    }

    public IEnumerable<SubscriptionState> States => _all.Select(one => one.State);

    /// <summary>All that are being asked for have been.</summary>
    internal Task Settled => Task.WhenAll(_all.Select(one => one.Asking));

    /// <summary>From now on each is asked for when it is time; at once where there is no copy.</summary>
    public void Start()
    {
        foreach (var one in _all)
            one.Start();
    }

    /// <summary>Asks now, also for what is being asked for.</summary>
    /// <param name="url">Null: for all.</param>
    /// <returns>One for each; they never fail, <see cref="States"/> tells what came of it.</returns>
    public IReadOnlyList<Task> Ask(string? url = null) => [.. _all.Where(one => url is null || one.List.IsCalled(url)).Select(one => one.Ask())];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (var one in _all)
            one.Dispose();
        await Settled;
        _turns.Dispose();
        _end.Dispose();
    }
}
