using System.Runtime.CompilerServices;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>
/// The client side of HTTP/1.1 and its connections, kept by destination and used again last in, first out: the fewest
/// connections stay warm, the others age out.
/// <para>A kept connection may have been closed by its peer while the request was on its way. Such a request is sent once
/// more on a new connection where that is safe: its method is idempotent, it has no body, and not one octet of an
/// answer came (RFC 9110 s.9.2.2, RFC 9112 s.9.3.1).</para>
/// </summary>
public sealed class UpstreamPool : IDisposable
{
    private static readonly TimeSpan PruneEvery = TimeSpan.FromSeconds(5);

    private readonly Shelves _shelves;
    private readonly UpstreamTable _table;
    private readonly UpstreamDialer _dialer;
    private readonly UpstreamOptions _options;
    private readonly Deadlines _deadlines;
    private readonly ITimer _pruning;
    private readonly Lazy<Http2Pool> _http2;

    public UpstreamPool(Dialer dialer, UpstreamOptions options, TimeProvider time)
    {
        _dialer = new UpstreamDialer(dialer, options, time);
        _options = options;
        _table = new UpstreamTable(time);
        _http2 = new Lazy<Http2Pool>(() => new Http2Pool(_dialer, _table, options, time));
        _deadlines = new Deadlines(time);
        _shelves = new Shelves(options.IdlePerUpstream, options.MostPerUpstream);
        _pruning = time.CreateTimer(static pool => ((UpstreamPool)pool!).Prune(), this, PruneEvery, PruneEvery);
    }

    /// <summary>Open connections, idle ones included.</summary>
    public int Connections => _deadlines.Count;

    /// <summary>How each upstream fares, by name; those that clients named and nobody has asked for long stand together as <see cref="UpstreamState.Others"/>.
    /// Not for I/O threads.</summary>
    public IReadOnlyList<UpstreamState> States => _table.States(_shelves.Counts());

    /// <summary>Sends the request and reads the answer's head. Never throws for what the network or the peer does:
    /// <see cref="UpstreamReply.Error"/> says it.</summary>
    public ValueTask<UpstreamReply> AskAsync(UpstreamRequest request) =>
        request.To.Http2 ? _http2.Value.AskAsync(request) : AskHttp1Async(request);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamReply> AskHttp1Async(UpstreamRequest request)
    {
        AddFraming(request);
        for (var again = false; ; again = true)
        {
            var kept = again ? null : TakeIdle(request);
            if (kept is null)
            {
                (kept, var full) = await EnterAsync(request);
                if (full != ForwardError.None)
                    return Failed(request, full, null, null);
            }
            var connection = kept;
            if (connection is null)
            {
                var dialled = await _dialer.DialAsync(request.To, request.Addresses, request.Aborted);
                request.Dial = dialled.When;
                if (dialled.Socket is null)
                {
                    _shelves.Leave(request.To);
                    return Failed(request, dialled.Error, dialled.Detail, dialled.Remote);
                }
                connection = new UpstreamConnection(request.To, dialled, _shelves, _table.Of(request.To, request.Addresses), _deadlines);
            }
            connection.Counts.Asked();
            var reply = new Http1Reply(this, connection, request, _options);
            await reply.ReadHeadAsync();
            if (kept is null || again || reply.Error != ForwardError.Terminated || reply.Answered || !MayRepeat(request))
            {
                connection.Counts.Ended(reply.Error, reply.ErrorDetail);
                return reply;
            }
            await reply.DisposeAsync();
        }
    }

    private Http1Reply Failed(UpstreamRequest request, ForwardError error, string? detail, System.Net.IPEndPoint? remote)
    {
        _table.Of(request.To, request.Addresses).Ended(error, detail);
        return new Http1Reply(error, detail, remote);
    }

    /// <summary>Waits for a place among the open connections of the destination, or for one that becomes idle. No connection and no error: dial.</summary>
    private async ValueTask<(UpstreamConnection? Kept, ForwardError Full)> EnterAsync(UpstreamRequest request)
    {
        try
        {
            while (await _shelves.EnterAsync(request.To, request.Addresses, _options.Connect, _deadlines.Time, request.Aborted) is { } connection)
            {
                if (IsFit(connection, request))
                    return (connection, ForwardError.None);
                connection.Dispose();
            }
            return (null, ForwardError.None);
        }
        catch (TimeoutException)
        {
            return (null, ForwardError.TooManyConnections);
        }
        catch (OperationCanceledException)
        {
            return (null, ForwardError.ClientLeft);
        }
    }

    public void Dispose()
    {
        _pruning.Dispose();
        _deadlines.Dispose();
        foreach (var connection in _deadlines.Snapshot())
            ((UpstreamConnection)connection).CutOff(Cut.TimedOut);
        _shelves.Prune();
        if (_http2.IsValueCreated)
            _http2.Value.Dispose();
    }

    private void Prune()
    {
        _shelves.Prune();
        _table.Prune();
    }

    private static bool MayRepeat(UpstreamRequest request) =>
        Methods.IsIdempotent(request.Method) && request.Body is null or { Length: 0 } && !request.Aborted.IsCancellationRequested;

    /// <summary>RFC 9112 s.6: the framing of what we send is ours.</summary>
    private static void AddFraming(UpstreamRequest request)
    {
        var fields = request.Fields;
        if (request.Body is { Length: { } length })
            fields.Set(FieldNames.ContentLength, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        else if (request.Body is not null)
            fields.Set(FieldNames.TransferEncoding, "chunked");
        if (request.Upgrade is { } upgrade)
        {
            fields.Set(FieldNames.Connection, "Upgrade");
            fields.Set(FieldNames.Upgrade, upgrade);
        }
        else if (request.TakesTrailers)
        {
            fields.Set(FieldNames.Connection, "TE");
            fields.Set(FieldNames.TE, "trailers");
        }
    }

    private UpstreamConnection? TakeIdle(UpstreamRequest request)
    {
        while ((request.Pinned?.Take(request.To) ?? _shelves.Take(request.To, request.Addresses)) is { } connection)
        {
            if (IsFit(connection, request))
                return connection;
            connection.Dispose();
        }
        return null;
    }

    private bool IsFit(UpstreamConnection connection, UpstreamRequest request) =>
        connection.Age <= _options.MaxAge && connection.Allow(_options.Response) && !connection.IsDead(surely: !MayRepeat(request));

    /// <summary>The exchange has ended well.</summary>
    internal void Keep(UpstreamConnection connection, UpstreamRequest request)
    {
        connection.ReleaseBuffer();
        if (connection.IsPinned)
        {
            if (request.Pinned is { } pinned && connection.Allow(Timeout.InfiniteTimeSpan))
                pinned.Keep(connection);
            else
                connection.Dispose();
        }
        else if (!connection.Allow(connection.KeepFor(_options.KeepAlive)) || !_shelves.Put(connection))
            connection.Dispose();
    }
}
