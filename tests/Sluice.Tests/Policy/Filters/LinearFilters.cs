using System.Text;
using System.Text.RegularExpressions;
using Sluice.Policy.Filters;

namespace Sluice.Tests.Policy.Filters;

/// <summary>The same filters without an index: every line is read by the parser, its pattern becomes a regex of the platform's, its names are compared as
/// strings, and all are tried on every request. Slow and plain, to compare the engine with. Types, source and method are known.</summary>
internal sealed class LinearFilters
{
    private sealed record Line(bool Excepts, FilterFlags Flags, ushort Types, Regex Regex, string[] From, string[] NotFrom, string[] To, string[] NotTo, string[] NotOn);

    private readonly List<Line> _lines = [];

    public LinearFilters(IEnumerable<string> filters)
    {
        foreach (var filter in filters)
        {
            var names = new NameTable();
            var parser = new FilterParser(names);
            var octets = Encoding.ASCII.GetBytes(filter);
            ReadOnlySpan<byte> line = octets;
            if (FilterLines.Classify(ref line) != FilterSkip.None || parser.Parse(line) != FilterSkip.None)
                continue;
            var pattern = Encoding.ASCII.GetString(parser.Made ?? line[parser.Pattern]);
            var lists = parser.Domains;
            _lines.Add(new Line(parser.IsException, parser.Flags, parser.Types, RegexOf(pattern, parser.Flags),
                Names(lists.From), Names(lists.NotFrom), Names(lists.To), Names(lists.NotTo), Names(lists.NotOn)));

            string[] Names(List<int> list) => [.. list.Select(name => Encoding.ASCII.GetString(names[name]))];
        }
    }

    public FilterOutcome Judge(string url, string source, RequestType type)
    {
        var matching = _lines.Where(line => Matches(line, url, source, type)).ToList();
        if (matching.Exists(line => (line.Flags & FilterFlags.Important) != 0))
            return FilterOutcome.Blocked;
        return !matching.Exists(line => !line.Excepts) ? FilterOutcome.None : matching.Exists(line => line.Excepts) ? FilterOutcome.Excepted : FilterOutcome.Blocked;
    }

    private static bool Matches(Line line, string url, string source, RequestType type)
    {
        var host = new Uri(url).Host;
        var third = Site(host) != Site(source);
        return (line.Types & TypeSet.Of(type)) != 0
            && ((line.Flags & FilterFlags.ThirdParty) == 0 || third) && ((line.Flags & FilterFlags.FirstParty) == 0 || !third)
            && (line.From.Length == 0 || line.From.Any(name => IsBelow(source, name))) && !line.NotFrom.Any(name => IsBelow(source, name))
            && (line.To.Length == 0 || line.To.Any(name => IsBelow(host, name))) && !line.NotTo.Any(name => IsBelow(host, name))
            && !line.NotOn.Any(name => IsBelow(host, name))
            && line.Regex.IsMatch((line.Flags & FilterFlags.Regex) != 0 ? url : url.ToLowerInvariant());
    }

    private static bool IsBelow(string host, string name)
    {
        if (!name.EndsWith(".*", StringComparison.Ordinal))
            return host == name || host.EndsWith("." + name, StringComparison.Ordinal);
        var suffix = Site(host).IndexOf('.', StringComparison.Ordinal);
        return suffix > 0 && IsBelow(host[..^(Site(host).Length - suffix)], name[..^2]);
    }

    private static string Site(string host) => host[PublicSuffixes.DomainStart(Encoding.ASCII.GetBytes(host))..];

    private static Regex RegexOf(string pattern, FilterFlags flags)
    {
        if ((flags & FilterFlags.Regex) != 0)
            return new Regex(pattern, (flags & FilterFlags.MatchCase) != 0 ? RegexOptions.None : RegexOptions.IgnoreCase);
        var text = new StringBuilder((flags & FilterFlags.AtStart) != 0 ? "^" : (flags & FilterFlags.AtLabel) != 0 ? @"^[a-z-]+://(?:[^/?#]+\.)?" : "");
        foreach (var c in pattern)
            text.Append(c switch { '*' => ".*", '^' => "(?:[^%.0-9a-z_-]|$)", _ => Regex.Escape(c.ToString()) });
        return new Regex(text.Append((flags & FilterFlags.AtEnd) != 0 ? "$" : "").ToString());
    }
}
