using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>Records what Kestrel itself refuses (400, 408, 413, 414, 431, 505), where no exchange began. It tells of them by a
/// diagnostic event without method and target; those are read from the connection's first bytes, which our transport
/// still holds.</summary>
internal sealed class RefusedRequests(Action<ExchangeRecord> write, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public static IDisposable Watch(DiagnosticListener listener, Action<ExchangeRecord> write, TimeProvider time) =>
        listener.Subscribe(new RefusedRequests(write, time), static name => name == BadRequest);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features
            || features.Get<ClientConnection>() is not { Current: null } client
            // The rest of a body whose request has had its answer, and so its record.
            || features.Get<IHttpResponseFeature>() is { HasStarted: true }
            || features.Get<IBadRequestExceptionFeature>()?.Error is not { } error)
            return;
        var (method, target, version) = RequestLine(client.Socket.FirstBytes.Span);
        var record = ExchangeRecord.Begin(time, client.Listener.Options.Name, client.Socket.RemoteEndPoint as IPEndPoint);
        record.Method = method;
        record.Url = target;
        record.Protocol = version;
        record.Status = (error as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
        record.Error = "http_request_error";
        record.ErrorDetail = error.Message;
        write(record);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static (string? Method, string? Target, ProtocolVersion? Version) RequestLine(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        var line = Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
        var parts = line.Split(' ', 3);
        if (parts.Length < 2)
            return (null, line.Length == 0 ? null : line, null);
        ProtocolVersion? version = parts.Length < 3 ? null : parts[2] switch
        {
            "HTTP/1.1" => ProtocolVersion.Http11,
            "HTTP/1.0" => ProtocolVersion.Http10,
            _ => null,
        };
        return (parts[0], parts[1], version);
    }
}
