// The trace of one exchange, while it goes on.
//
// What: the span of the exchange, its stages one after the other, and a span for each time that an upstream is asked.
// Strategy: only the spans whose ids others must know are begun as the SDK's: that of the exchange (its record, its children) and those of requests that go up with
//   theirs as parent. Of a stage only its times are noted; its span is made when the exchange is over, on another thread (Tracing/SpanOutput.cs).
// Facts: the platform keeps the current span in the flow of execution, which here would carry it from one client's exchange into another's: parents are always named, and what
//   beginning a span leaves behind is taken away at once.
using System.Diagnostics;

namespace Sluice.Records;

/// <summary>A step of docs/request-path.md.</summary>
public enum Stage : byte
{
    Login,
    Judge,
    Lookup,

    /// <summary>For what another exchange has asked for.</summary>
    Wait,
    Connect,
    JudgeReply,
    Deliver,
    Tunnel,
    Relay,
}

/// <summary>One stage.</summary>
/// <param name="Ended">Null: it lasted until the exchange's end.</param>
/// <param name="Link">Another span that it has to do with.</param>
internal readonly record struct StageSpan(Stage Stage, TimeSpan Began, TimeSpan? Ended, ActivityContext Link);

/// <summary>Null where an exchange is not traced. Used by one thread at a time.</summary>
public sealed class ExchangeTrace
{
    private readonly ActivitySource _source;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly List<StageSpan> _stages = new(6);
    private bool _isInStage;

    /// <param name="began">When the exchange did, by the time provider.</param>
    internal ExchangeTrace(ActivitySource source, Activity span, TimeProvider time, long began, bool continues) =>
        (_source, Span, _time, _began, Continues) = (source, span, time, began, continues);

    /// <summary>The client's trace goes on; else it is a new one.</summary>
    public bool Continues { get; }

    public string TraceId => Span.TraceId.ToHexString();

    public string SpanId => Span.SpanId.ToHexString();

    internal Activity Span { get; }

    internal IReadOnlyList<StageSpan> Stages => _stages;

    /// <summary>The requests that went up for it.</summary>
    internal List<FetchTrace> Fetches { get; } = [];

    /// <summary>Ends the stage that it is in, and begins another.</summary>
    public void Enter(Stage stage)
    {
        Leave();
        _stages.Add(new StageSpan(stage, Now, null, default));
        _isInStage = true;
    }

    /// <summary>The stage that it is in has to do with the request of another exchange; null: that one is not traced.</summary>
    public void Link(FetchTrace? to)
    {
        if (to is not null)
            _stages[^1] = _stages[^1] with { Link = to.Context };
    }

    /// <summary>Ends the stage that it is in.</summary>
    public void Leave()
    {
        if (_isInStage)
            _stages[^1] = _stages[^1] with { Ended = Now };
        _isInStage = false;
    }

    /// <summary>A request goes up for it.</summary>
    public FetchTrace Ask(string method, string url, string host, int port)
    {
        Leave();
        var fetch = FetchTrace.Begin(_source, Span.Context, default, _time, Span.StartTimeUtc + Now, method, url, host, port);
        Fetches.Add(fetch);
        return fetch;
    }

    /// <summary>A request goes up in the background, for nobody; this exchange was the reason.</summary>
    public FetchTrace AskForNobody(string method, string url, string host, int port) =>
        FetchTrace.Begin(_source, default, Span.Context, _time, _time.GetUtcNow(), method, url, host, port);

    private TimeSpan Now => _time.GetElapsedTime(_began);
}
