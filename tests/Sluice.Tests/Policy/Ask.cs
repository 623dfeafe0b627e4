using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Tests.Policy;

/// <summary>Requests and policies in one line each.</summary>
internal static class Ask
{
    public static RequestHead Get(string url) => Head("GET", url);

    public static RequestHead Connect(string hostPort) => Head("CONNECT", hostPort);

    public static Verdict Judge(this RuleOptions rule, RequestHead request) => One(rule).Censor.Judge("p", request);

    public static RuleOptions Deny(params string[] hosts) => new() { Id = "r", Action = RuleAction.Deny, Hosts = hosts };

    /// <summary>A policy <c>p</c> of these rules that allows by default.</summary>
    public static CensorLoad One(params RuleOptions[] rules) => Policy(true, rules);

    public static CensorLoad Policy(bool allows, params RuleOptions[] rules) => Censor.Load(
        [new PolicyOptions { Name = "p", DefaultAllows = allows, Rules = rules }], TimeProvider.System, NullLogger.Instance);

    private static RequestHead Head(string method, string target)
    {
        Assert.True(RequestTarget.TryParse(method, target, null, "http", null, out var parsed, out var why), $"{target}: {why}");
        return new RequestHead { Method = method, Target = parsed, Version = ProtocolVersion.Http11, Fields = [] };
    }
}
