using System.Diagnostics;
using System.Net;
using Sluice.Http;

namespace Sluice.Records;

/// <summary>The span of one request to an upstream: it may last longer than the exchange that began it, and then ends by itself.</summary>
public sealed class FetchTrace
{
    private readonly Activity _span;
    private readonly ActivitySource _source;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _begun;
    private readonly long _began;
    private int _ended;

    private FetchTrace(ActivitySource source, Activity span, TimeProvider time)
    {
        (_source, _span, _time) = (source, span, time);
        (_begun, _began) = (new DateTimeOffset(span.StartTimeUtc), time.GetTimestamp());
    }

    internal static FetchTrace Begin(ActivitySource source, ActivityContext parent, ActivityContext link, TimeProvider time, DateTimeOffset at, string method, string url, string host, int port)
    {
        var span = Tracing.Start(source, ActivityKind.Client, parent, at, link);
        var known = Metering.KnownLabels.Methods[Metering.KnownLabels.Method(method)];
        span.DisplayName = known == Metering.KnownLabels.OtherMethod ? "HTTP" : known;
        span.SetTag("http.request.method", known);
        span.SetTag("url.full", url);
        span.SetTag("server.address", host);
        span.SetTag("server.port", port);
        return new FetchTrace(source, span, time);
    }

    internal ActivityContext Context => _span.Context;

    /// <summary>It goes on without the exchange that began it; else it ends with it.</summary>
    public bool EndsByItself { get; set; }

    /// <summary>The request tells the upstream that this span asks.</summary>
    /// <param name="continues">tracestate is the trace's, and goes on with it.</param>
    public void PutInto(FieldList fields, bool continues)
    {
        fields.Set(TraceParent.Field, _span.Id!);
        if (!continues)
            fields.Remove(TraceParent.State);
    }

    /// <summary>The head of the answer has come, or will not.</summary>
    /// <param name="status">0: none.</param>
    /// <param name="dial">Of a connection made for it: when, by the time provider; 0: one was kept.</param>
    public void Answered(int status, string? error, IPEndPoint? remote, (long Began, long Ended) dial)
    {
        if (Volatile.Read(ref _ended) != 0)
            return;
        if (status > 0)
            _span.SetTag("http.response.status_code", status);
        if (remote is not null)
        {
            _span.SetTag("network.peer.address", remote.Address.ToString());
            _span.SetTag("network.peer.port", remote.Port);
        }
        Fail(error ?? (status >= 400 ? status.ToString(System.Globalization.CultureInfo.InvariantCulture) : null));
        if (dial.Began > 0)
            Tracing.Tell(_source, "connect", ActivityKind.Internal, Context, At(dial.Began), At(Math.Max(dial.Began, dial.Ended)));
    }

    /// <summary>The answer is whole, or has broken off, or is nobody's any more.</summary>
    public void End(string? error = null) => End(error, _begun + _time.GetElapsedTime(_began));

    internal void End(string? error, DateTimeOffset at)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        Fail(error);
        Tracing.Stop(_span, at);
    }

    private void Fail(string? error)
    {
        if (error is null)
            return;
        _span.SetTag("error.type", error);
        _span.SetStatus(ActivityStatusCode.Error);
    }

    private DateTimeOffset At(long timestamp) => _begun + _time.GetElapsedTime(_began, timestamp);
}
