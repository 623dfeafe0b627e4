using System.Collections.Frozen;
using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>A listener at work: its options, and what follows from them for every exchange. Immutable: a reload puts another in its place, and an exchange
/// ends under the one under which it began.</summary>
/// <param name="options">As configured.</param>
/// <param name="addresses">What its clients may have dialled: never our own listeners. A configured upstream is not
/// the client's choice and not judged by them.</param>
/// <param name="censor">Knows the listener's policy.</param>
/// <param name="generation">Of the configuration, from 1.</param>
public sealed class ListenerGate(ListenerOptions options, AddressRules addresses, Censor censor, LimitOptions limits, int generation = 1)
{
    /// <summary>For clients that <see cref="Admits"/> does not name.</summary>
    public static readonly Verdict ForeignClient = new() { Denies = true, Rule = "allow", Status = 403, Reason = "Clients of your network are not served here." };

    /// <summary>For PURGE from clients that <see cref="LetsPurge"/> does not name.</summary>
    public static readonly Verdict ForeignPurge = new() { Denies = true, Rule = "purge", Status = 403, Reason = "PURGE is not obeyed for clients of your network." };

    public ListenerOptions Options => options;

    public LimitOptions Limits => limits;

    public int Generation => generation;

    public AddressRules Addresses { get; } = options.Kind == ListenerKind.Forward ? addresses : AddressRules.Any;

    public PageOptions Page { get; init; } = new();

    /// <summary>Takes further fields into records; null: there are none.</summary>
    public FieldRecorder? Recorder { get; init; }

    /// <summary>What is not to be read, on pages neither; null: all may.</summary>
    public Redaction? Redaction { get; init; }

    /// <summary>Those that rules route to, by name.</summary>
    public IReadOnlyDictionary<string, Destination> Upstreams { get; init; } = FrozenDictionary<string, Destination>.Empty;

    /// <summary>What stands for an absent Host: the origin's authority; null on a forward listener.</summary>
    public string? OwnAuthority { get; } = options.Kind == ListenerKind.Reverse ? options.To?.ToString() : null;

    public Verdict Judge(RequestHead request, Asker asker) => censor.Judge(options.Policy, request, asker);

    /// <param name="asked">What <see cref="Judge"/> said of the request.</param>
    public Verdict JudgeReply(Verdict asked, RequestHead request, Asker asker, ResponseHead reply) => censor.JudgeReply(options.Policy, asked, request, asker, reply);

    /// <summary>Whether its policy says more of a tunnel when its first octets are there.</summary>
    public bool LooksIntoTunnels { get; } = censor.LooksIntoTunnels(options.Policy);

    /// <param name="asked">What <see cref="Judge"/> said of the CONNECT.</param>
    public Verdict JudgeTunnel(Verdict asked, RequestHead request, Asker asker, TunnelStart start) => censor.JudgeTunnel(options.Policy, asked, request, asker, start);

    /// <summary>Judges what is open.</summary>
    public Verdict JudgeAgain(RequestHead request, Asker asker, TunnelStart start) => censor.JudgeAgain(options.Policy, request, asker, start);

    /// <summary>Whether CONNECT may name that port.</summary>
    public bool LetsConnectTo(int port)
    {
        foreach (var range in limits.ConnectPorts)
            if (range.Contains(port))
                return true;
        return false;
    }

    public bool Admits(IPEndPoint? client) => options.Allow.Count == 0 || client is null || Networks.Contain(options.Allow, client.Address);

    /// <summary>Whether PURGE from that client is obeyed.</summary>
    public bool LetsPurge(IPEndPoint? client) => client is not null && Networks.Contain(options.Purge, client.Address);
}
