namespace Sluice.Policy.Conditions;

/// <summary>What the first octets of a tunnel are. Before they have come, what allows may still come to hold, and all else does not yet.</summary>
internal sealed class TlsCondition(RuleOptions rule) : Condition
{
    private readonly TlsFacts _facts = rule.Tls.Aggregate(TlsFacts.None, (all, fact) => all | fact)
        | (rule.Action == RuleAction.Allow ? TlsFacts.Unknown : TlsFacts.None);

    public override string Name => "tls";

    public override bool Matches(ref Asked asked, ref Match match) => (asked.Tls & _facts) != 0;

    public override string Explain(ref Asked asked, bool holds) =>
        asked.Tls == TlsFacts.Unknown ? "it is known when the tunnel's first octets are there"
        : asked.Tls == TlsFacts.None ? "there is no tunnel that is looked into"
        : holds ? asked.Tls.Text()! : $"{asked.Tls.Text()} is {NoneOf([.. rule.Tls.Select(fact => fact.Text())])}";
}
