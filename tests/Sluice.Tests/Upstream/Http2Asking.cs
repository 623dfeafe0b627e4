using Sluice.Http;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Requests for an origin of HTTP/2 on 127.0.0.1.</summary>
internal static class Http2Asking
{
    public static UpstreamRequest Request(
        int port, string method = "GET", string target = "/", RequestBody? body = null, IEnumerable<Field>? fields = null,
        bool takesTrailers = false, AddressRules? addresses = null, CancellationTokenSource? leaves = null, bool expectsContinue = false)
    {
        var all = new FieldList([new Field("Host", "app.example"), .. fields ?? []]);
        if (expectsContinue)
            all.Add("Expect", "100-continue");
        return new UpstreamRequest
        {
            To = new Destination(false, new HostPort("127.0.0.1", port)) { Http2 = true },
            Addresses = addresses ?? AddressRules.Any,
            Method = method,
            Target = target,
            Fields = all,
            Body = body,
            TakesTrailers = takesTrailers,
            ExpectsContinue = expectsContinue,
            Aborted = leaves?.Token ?? CancellationToken.None,
        };
    }
}
