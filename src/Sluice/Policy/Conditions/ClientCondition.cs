using System.Net;

namespace Sluice.Policy.Conditions;

internal sealed class ClientCondition(IEnumerable<IPNetwork> networks) : Condition
{
    private readonly IPNetwork[] _networks = [.. networks];

    public override bool Matches(ref Asked asked, ref Match match)
    {
        if (asked.Asker.Client is not { } client)
            return false;
        if (client.IsIPv4MappedToIPv6)
            client = client.MapToIPv4();
        foreach (var network in _networks)
            if (network.Contains(client))
                return true;
        return false;
    }
}
