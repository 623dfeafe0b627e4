using System.Net;
using Sluice.Net;

namespace Sluice.Policy.Conditions;

internal sealed class ClientCondition(IReadOnlyList<IPNetwork> networks) : Condition
{
    public override bool Matches(ref Asked asked, ref Match match) => asked.Asker.Client is { } client && Networks.Contain(networks, client);
}
