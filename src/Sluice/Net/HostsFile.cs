using System.Collections.Frozen;
using System.Net;

namespace Sluice.Net;

/// <summary>hosts(5): names that the administrator of this machine gave addresses to. They win over every name server.</summary>
internal static class HostsFile
{
    private static readonly char[] Blanks = [' ', '\t', '\r'];

    /// <summary>Lines that are none are skipped, as everywhere.</summary>
    public static FrozenDictionary<string, IPAddress[]> Parse(string text)
    {
        var hosts = new Dictionary<string, List<IPAddress>>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split('#')[0].Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out var address))
                continue;
            foreach (var name in words.Skip(1))
            {
                if (!hosts.TryGetValue(name, out var addresses))
                    hosts[name] = addresses = [];
                if (!addresses.Contains(address))
                    addresses.Add(address);
            }
        }
        return hosts.ToFrozenDictionary(host => host.Key, host => host.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
    }
}
