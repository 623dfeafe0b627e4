using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>One request and all that becomes of it: the server's features of it, what has been found out, and its
/// record. The border to Kestrel: to the left of here nobody knows it.</summary>
internal sealed class Exchange
{
    private readonly IFeatureCollection _features;
    private readonly TimeProvider _time;
    private readonly long _began;

    public Exchange(IFeatureCollection features, TimeProvider time)
    {
        _features = features;
        _time = time;
        _began = time.GetTimestamp();
        Client = features.GetRequiredFeature<ClientConnection>();
        Asked = features.GetRequiredFeature<IHttpRequestFeature>();
        Answer = features.GetRequiredFeature<IHttpResponseFeature>();
        AnswerBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Record = ExchangeRecord.Begin(time, Client.Listener.Options.Name, Client.Socket.RemoteEndPoint as IPEndPoint);
    }

    public ClientConnection Client { get; }

    public ListenerGate Listener => Client.Listener;

    public IHttpRequestFeature Asked { get; }

    public IHttpResponseFeature Answer { get; }

    public IHttpResponseBodyFeature AnswerBody { get; }

    public ExchangeRecord Record { get; }

    /// <summary>Set by the first step; null only where the head was refused.</summary>
    public RequestHead Request { get; set; } = null!;

    /// <summary>How the request's body is delimited.</summary>
    public BodyLength BodyLength { get; set; }

    /// <summary>The connection closes after the answer, and Kestrel has to be told.</summary>
    public bool Closes { get; set; }

    /// <summary>We are its final recipient.</summary>
    public bool EndsHere { get; set; }

    public Verdict Verdict { get; set; } = Verdict.Allowed;

    public TimeProvider Time => _time;

    /// <summary>Fires when the client has left.</summary>
    public CancellationToken Aborted => Client.Socket.ConnectionClosed;

    public System.IO.Pipelines.PipeReader Body => _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;

    public T Feature<T>() where T : notnull => _features.GetRequiredFeature<T>();

    public T? FeatureIfAny<T>() => _features.Get<T>();

    /// <summary>The first byte of the answer goes out.</summary>
    public void MarkFirstByte() => Record.TimeToFirstByte ??= _time.GetElapsedTime(_began);

    public void MarkEnd() => Record.Duration = _time.GetElapsedTime(_began);

    /// <summary>The answer cannot be ended well: what the client has must not look whole (RFC 9112 s.8).</summary>
    public void Break() => _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
}
