using System.Globalization;
using System.Text;

namespace Sluice.Policy.Filters;

/// <summary>Reads filter lists, one after the other, and makes one set of them. Used once.</summary>
internal sealed class FilterSetBuilder
{
    /// <summary>Of each list; the rest is counted.</summary>
    public const int MostProblems = 100;

    /// <summary>Of all lists: each may come to hold 1 MiB and costs its first request 3 ms (<see cref="FilterRegex"/>). EasyList, EasyPrivacy and uBlock's
    /// own have 43 together.</summary>
    public const int MostRegexes = 256;

    private const int MostLine = 60_000; // so that a pattern's place in its line, and behind it, is a ushort

    private readonly FilterStore _store = new();
    private readonly List<FilterListCounts> _lists = [];
    private readonly List<Filter> _blocks = [];
    private readonly List<Filter> _exceptions = [];
    private readonly List<Filter> _badBlocks = [];
    private readonly List<Filter> _badExceptions = [];
    private int _regexes;

    /// <summary>Reads a list.</summary>
    /// <param name="content">The file's bytes, UTF-8.</param>
    /// <param name="name">The list's name in problems and matches.</param>
    /// <param name="problems">Receives the first <see cref="MostProblems"/> lines that are faults; all are counted by reason.</param>
    public FilterListCounts Add(ReadOnlySpan<byte> content, string name, List<PolicyProblem> problems)
    {
        var counts = new FilterListCounts(name);
        var parser = new FilterParser(_store.Names);
        var conditions = new Preprocessor();
        var (number, faults) = (0, 0);
        _lists.Add(counts);
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].Trim(" \t\r"u8);
            var skip = Read(line, number, parser, conditions);
            counts.Add(skip);
            if (FilterSkips.IsFault(skip) && ++faults <= MostProblems)
                problems.Add(new PolicyProblem($"{name}:{number}", $"'{Shown(line)}' {FilterSkips.Text(skip)}", Fatal: false));
        }
        return counts;
    }

    public FilterSet Build()
    {
        Cancel(_blocks, _badBlocks);
        Cancel(_exceptions, _badExceptions);
        var set = new FilterSet(_store, new FilterIndex(_store, _blocks, excepts: false), new FilterIndex(_store, _exceptions, excepts: true), _lists);
        _store.Trim();
        return set;
    }

    private FilterSkip Read(ReadOnlySpan<byte> line, int number, FilterParser parser, Preprocessor conditions)
    {
        if (line.StartsWith("!#"u8))
        {
            conditions.Read(line);
            return FilterSkip.Comment;
        }
        var skip = FilterLines.Classify(ref line);
        if (skip != FilterSkip.None)
            return skip;
        if (!conditions.Hold)
            return FilterSkip.SwitchedOff;
        if (line.Length > MostLine)
            return FilterSkip.BadPattern;
        skip = parser.Parse(line);
        if (skip != FilterSkip.None)
            return skip;
        if ((parser.Flags & FilterFlags.Regex) != 0 && ++_regexes > MostRegexes)
            return FilterSkip.TooManyRegexes;
        var filters = parser.IsBadFilter ? parser.IsException ? _badExceptions : _badBlocks : parser.IsException ? _exceptions : _blocks;
        filters.Add(_store.Add(parser, line, number, _lists.Count - 1));
        return parser.IsBadFilter ? FilterSkip.Cancelled : FilterSkip.None;
    }

    // As uBlock, which keeps a filter once for each type: a badfilter for scripts takes scripts from one for scripts and images.
    private void Cancel(List<Filter> filters, List<Filter> bads)
    {
        if (bads.Count == 0)
            return;
        var byHash = bads.ToLookup(bad => NameTable.HashOf(_store.PatternOf(bad)));
        for (var i = 0; i < filters.Count; i++)
        {
            var filter = filters[i];
            foreach (var bad in byHash[NameTable.HashOf(_store.PatternOf(filter))])
            {
                if (IsSame(filter, bad))
                    filter.Types &= (ushort)~bad.Types;
            }
            filters[i] = filter;
        }
        foreach (var filter in filters.Where(filter => filter.Types == 0))
            _lists[filter.List].Cancel();
        filters.RemoveAll(filter => filter.Types == 0);
    }

    private bool IsSame(in Filter filter, in Filter bad) =>
        filter.Flags == bad.Flags
        && _store.PatternOf(filter).SequenceEqual(_store.PatternOf(bad))
        && _store.OptionsOf(filter).SequenceEqual(_store.OptionsOf(bad));

    // Problems are read on terminals: no escape sequences from a list that others wrote, and no endless lines.
    private static string Shown(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder();
        foreach (var c in Encoding.UTF8.GetString(line[..Math.Min(line.Length, 80)]))
            _ = char.IsControl(c) ? text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : text.Append(c);
        return text.ToString();
    }
}
