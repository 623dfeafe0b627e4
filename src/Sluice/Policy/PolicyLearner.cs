// From what was asked to the rules that allow it and, but for what is said below, nothing else.
//
// What: exchanges go in, a policy with default deny comes out. Strategy: for each way of asking (method and port) the hosts that were asked so
// become entries: a host its own, but many hosts of one site (registrable domain) the narrowest domain that has them all. Entries that were asked
// in the same ways share a rule; where a rule's methods and ports would allow a pair that was not asked for, it is two rules.
// Facts: minimal means that nothing can be left out: each rule, entry, method and port of it has an exchange that no other rule allows, since
// of one way no two entries name the same of the hosts that were asked for. (Which division into rules is the smallest in number is a hard
// problem, and is not claimed.) Wider than what was asked is only what lies below a merged domain, which never is a public suffix.
using System.Text;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy.Filters;

namespace Sluice.Policy;

/// <summary>Learns an allow-list from exchanges. Not safe for concurrent use.</summary>
public sealed class PolicyLearner
{
    /// <summary>Hosts of one site, asked in one way, that become a domain.</summary>
    public const int Many = 3;

    private readonly Dictionary<(string Method, int Port), HashSet<string>> _hosts = [];

    /// <summary>Notes an exchange that shall be allowed. False: no list can name its host.</summary>
    public bool TryAdd(string method, RequestTarget target)
    {
        if (HostText.Canonical(target.Host) is not { } host)
            return false;
        if (!_hosts.TryGetValue((method, target.Port), out var hosts))
            _hosts[(method, target.Port)] = hosts = new HashSet<string>(StringComparer.Ordinal);
        hosts.Add(host);
        return true;
    }

    /// <summary>The policy that allows all that was added. Its rules are in no need of an order.</summary>
    public PolicyOptions Learn(string name)
    {
        var rules =
            from way in _hosts
            from entry in EntriesOf(way.Value)
            group way.Key by entry into entry
            from port in entry.GroupBy(way => way.Port, way => way.Method)
            group port.Key by (entry.Key, Methods: string.Join(' ', port.Order(StringComparer.Ordinal))) into alike
            group alike.Key.Key by (alike.Key.Methods, Ports: string.Join(' ', alike.Order())) into rule
            orderby rule.Key.Methods, rule.Key.Ports
            select rule;
        return new PolicyOptions
        {
            Name = name, DefaultAllows = false,
            Rules =
            [
                .. rules.Select((rule, i) => new RuleOptions
                {
                    Id = $"learned-{i + 1}", Action = RuleAction.Allow,
                    Hosts = [.. rule.OrderBy(SiteFirst, StringComparer.Ordinal)],
                    Methods = rule.Key.Methods.Split(' '),
                    Ports = [.. rule.Key.Ports.Split(' ').Select(int.Parse).Select(port => new PortRange(port, port))],
                }),
            ],
        };
    }

    private static IEnumerable<string> EntriesOf(IEnumerable<string> hosts) =>
        hosts.GroupBy(SiteOf).SelectMany(site => site.Count() < Many ? site.AsEnumerable() : [DomainOf([.. site])]);

    private static string SiteOf(string host) => host[PublicSuffixes.DomainStart(Encoding.ASCII.GetBytes(host))..];

    /// <summary>The narrowest entry that names all these hosts of one site.</summary>
    private static string DomainOf(IReadOnlyList<string> hosts)
    {
        var domain = hosts.Aggregate(CommonEnd);
        return hosts.Contains(domain) ? $".{domain}" : $"*.{domain}";
    }

    /// <summary>The longest domain that both are or are below.</summary>
    private static string CommonEnd(string a, string b)
    {
        while (!(b.EndsWith(a, StringComparison.Ordinal) && (a.Length == b.Length || b[^(a.Length + 1)] == '.')))
            a = a[(a.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return a;
    }

    // What belongs together stands together: names by their labels from the right.
    private static string SiteFirst(string entry) => string.Join('.', entry.Split('.').Reverse());
}
