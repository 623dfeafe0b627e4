using System.Net;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace Sluice.Records.Otlp;

/// <summary>The collector as one exporter of the SDK is told of it, and what it answered last: the SDK itself says only that an export failed.</summary>
internal sealed class Endpoint(OtlpOptions options)
{
    /// <summary>Of one export.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>For what is left when the program ends.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile string? _fault;
    private volatile bool _isFinal;

    /// <summary>Why the last export failed; null: it did not.</summary>
    public string? Fault => _fault;

    /// <summary>What was refused would be refused again (OTLP, "Failures").</summary>
    public bool IsFinal => _isFinal;

    /// <param name="signal">logs, metrics or traces.</param>
    public OtlpExporterOptions For(string signal) => new()
    {
        Protocol = options.Protocol == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Endpoint = options.Protocol == OtlpProtocol.Grpc ? options.To : new Uri($"{options.To.AbsoluteUri.TrimEnd('/')}/v1/{signal}"),
        TimeoutMilliseconds = (int)Timeout.TotalMilliseconds,
        HttpClientFactory = () => new HttpClient(new Watched(this, options.Headers)) { Timeout = Timeout },
    };

    private void Note(string? fault, bool isFinal) => (_fault, _isFinal) = (fault, isFinal);

    // Redirects would carry the headers elsewhere; a proxy may be ourselves; what we send is not to be traced.
    private sealed class Watched(Endpoint endpoint, IReadOnlyList<(string Name, string Value)> headers)
        : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null, ConnectTimeout = Timeout })
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Prepare(request);
            try
            {
                return Noted(base.Send(request, cancellationToken));
            }
            catch (Exception e)
            {
                endpoint.Note(e.GetBaseException().Message, isFinal: false);
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Prepare(request);
            try
            {
                return Noted(await base.SendAsync(request, cancellationToken));
            }
            catch (Exception e)
            {
                endpoint.Note(e.GetBaseException().Message, isFinal: false);
                throw;
            }
        }

        private void Prepare(HttpRequestMessage request)
        {
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
        }

        private HttpResponseMessage Noted(HttpResponseMessage response)
        {
            endpoint.Note(response.IsSuccessStatusCode ? null : $"it answers {(int)response.StatusCode}",
                isFinal: response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout));
            return response;
        }
    }
}
