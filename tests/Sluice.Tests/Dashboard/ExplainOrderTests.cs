using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Tests.Dashboard;

/// <summary>How /v1/policy/explain may be asked.</summary>
public sealed class ExplainOrderTests
{
    [Theory]
    [InlineData("", "url is missing")]
    [InlineData("url=/x", "url: '/x' is not an absolute http or https URL as a request carries it, write for example http://example.com/path")]
    [InlineData("method=CONNECT&url=a.test", "url: 'a.test' is not a host and a port, which CONNECT wants, write for example example.com:443")]
    [InlineData("url=http://a.test/&client=me", "client: 'me' is not an IP address")]
    [InlineData("url=http://a.test/&at=2026-09-01T10:00:00", "at: '2026-09-01T10:00:00' is not a time, write for example 2026-09-01T10:00:00+02:00")]
    [InlineData("url=http://a.test/&listener=man", "listener: no HTTP listener is named 'man', known: main")]
    [InlineData("url=http://a.test/&policy=q", "policy: no policy is named 'q', known: p")]
    [InlineData("url=http://a.test/&policy=p&listener=main", "listener and policy: name one of them, a listener has its own policy")]
    [InlineData("url=http://a.test/&group=x", "group: is a user's, name the user")]
    [InlineData("url=http://a.test/&field=x", "field: 'x' is not a field line, write Name: value")]
    [InlineData("url=http://a.test/&sni=a.test", "sni: is what a tunnel begins with, ask for CONNECT")]
    [InlineData("method=CONNECT&url=a.test:443&sni=a..b", "sni: 'a..b' is not a server name, write for example www.example.com, or none for TLS without one, or not-tls")]
    [InlineData("uri=http://a.test/", "unknown parameter 'uri', known: method, url, client, user, group, listener, policy, at, sni, field")]
    public async Task WrongOrder_SaysWhatWouldBeRight(string query, string detail) =>
        Assert.Equal((400, detail), await ProblemAsync(query, Listener("main")));

    [Fact]
    public async Task SeveralListenersOrNone_WantANameOfOne()
    {
        Assert.Equal((400, "listener: there are several, name one: main, other"), await ProblemAsync("url=http://127.0.0.1/", Listener("main"), Listener("other")));
        Assert.Equal((400, "there is no HTTP listener: name a policy"), await ProblemAsync("url=http://127.0.0.1/"));
        Assert.Equal((0, ""), await ProblemAsync("url=http://127.0.0.1/&listener=other", Listener("main"), Listener("other")));
        Assert.Equal((0, ""), await ProblemAsync("url=http://127.0.0.1/&policy=p"));
    }

    private static async Task<(int Status, string Detail)> ProblemAsync(string query, params ListenerOptions[] listeners)
    {
        await using var censor = Censor.Load([new PolicyOptions { Name = "p", DefaultAllows = true }], TimeProvider.System, NullLogger.Instance).Censor;
        var gates = listeners.Select(options => new ListenerGate(options, AddressRules.Any, censor, new LimitOptions()));
        try
        {
            var order = ExplainOrder.Of(new QueryCollection(QueryHelpers.ParseQuery(query)));
            await order.AnswerAsync(new Explainer(censor, new Dialer(TimeProvider.System), [.. gates], null, null));
            return (0, "");
        }
        catch (AdminProblemException problem)
        {
            return (problem.Status, problem.Message);
        }
    }

    private static ListenerOptions Listener(string name) => new() { Name = name, Kind = ListenerKind.Forward, Bind = new IPEndPoint(IPAddress.Loopback, 3128), Policy = "p" };
}
