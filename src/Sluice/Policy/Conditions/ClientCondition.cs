using System.Net;
using Sluice.Net;

namespace Sluice.Policy.Conditions;

internal sealed class ClientCondition(IReadOnlyList<IPNetwork> networks) : Condition
{
    public override string Name => "clients";

    public override bool Matches(ref Asked asked, ref Match match) => asked.Asker.Client is { } client && Networks.Contain(networks, client);

    public override string Explain(ref Asked asked, bool holds) =>
        asked.Asker.Client is not { } client ? "the client is not known"
        : holds ? $"{client} is in {networks.First(network => Networks.Contain([network], client))}"
        : $"{client} is in {NoneOf(networks)}";
}
