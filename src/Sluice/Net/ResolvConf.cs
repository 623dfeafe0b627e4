using System.Globalization;
using System.Net;

namespace Sluice.Net;

/// <summary>resolv.conf(5): whom to ask, and how.</summary>
internal sealed record ResolvConf
{
    private const int MostServers = 3;

    public IReadOnlyList<IPAddress> Servers { get; private init; } = [];

    /// <summary>Appended to a name with fewer than <see cref="Dots"/> dots before it is asked as it is.</summary>
    public IReadOnlyList<string> Search { get; private init; } = [];

    public int Dots { get; private init; } = 1;

    /// <summary>For one server.</summary>
    public TimeSpan Timeout { get; private init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often all servers are asked.</summary>
    public int Attempts { get; private init; } = 2;

    public bool Rotates { get; private init; }

    public static ResolvConf Parse(string text)
    {
        var servers = new List<IPAddress>();
        var conf = new ResolvConf();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';')
                continue;
            if (words[0] == "nameserver" && servers.Count < MostServers && IPAddress.TryParse(words[1], out var server))
                servers.Add(server);
            else if (words[0] is "search" or "domain")
                conf = conf with { Search = [.. words.Skip(1).Select(domain => domain.Trim('.')).Where(domain => domain.Length > 0)] };
            else if (words[0] == "options")
                conf = words.Skip(1).Aggregate(conf, static (all, option) => all.With(option));
        }
        return conf with { Servers = servers };
    }

    /// <summary>The names to ask for one, in their order.</summary>
    public IEnumerable<string> Candidates(string name)
    {
        if (name.EndsWith('.'))
            return [name];
        var searched = Search.Select(domain => $"{name}.{domain}.");
        return name.Count(c => c == '.') < Dots ? searched.Append(name + ".") : searched.Prepend(name + ".");
    }

    private ResolvConf With(string option)
    {
        var colon = option.IndexOf(':', StringComparison.Ordinal);
        var number = colon > 0 && int.TryParse(option.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1;
        return option[..(colon < 0 ? option.Length : colon)] switch
        {
            "ndots" when number >= 0 => this with { Dots = Math.Min(number, 15) },
            "timeout" when number > 0 => this with { Timeout = TimeSpan.FromSeconds(Math.Min(number, 30)) },
            "attempts" when number > 0 => this with { Attempts = Math.Min(number, 5) },
            "rotate" => this with { Rotates = true },
            _ => this,
        };
    }
}
