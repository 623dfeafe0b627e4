namespace Sluice.Policy.Conditions;

/// <summary>What the first octets of a tunnel are. Before they have come, what allows may still come to hold, and all else does not yet.</summary>
internal sealed class TlsCondition(RuleOptions rule) : Condition
{
    private readonly TlsFacts _facts = rule.Tls.Aggregate(TlsFacts.None, (all, fact) => all | fact)
        | (rule.Action == RuleAction.Allow ? TlsFacts.Unknown : TlsFacts.None);

    public override bool Matches(ref Asked asked, ref Match match) => (asked.Tls & _facts) != 0;
}
