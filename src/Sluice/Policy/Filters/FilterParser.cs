using System.Text;
using Sluice.Http;

namespace Sluice.Policy.Filters;

/// <summary>
/// Reads one line of a filter list into its properties, as uBlock Origin reads it: <c>@@</c>, then the pattern with its
/// anchors, then behind the last <c>$</c> the options. One parser reads many lines; each call overwrites what the one
/// before had found, so that 130,000 lines need no objects.
/// </summary>
/// <param name="names">Receives the hosts that options name.</param>
internal sealed class FilterParser(NameTable names)
{
    private const int MostPattern = 1024; // as uBlock's

    public bool IsException { get; private set; }

    public bool IsBadFilter { get; private set; }

    public FilterFlags Flags { get; private set; }

    public ushort Types { get; private set; }

    /// <summary>The pattern without its anchors, in lower case and ASCII, as octets of the line; where <see cref="Made"/> is not null it is that.
    /// Of a regex what stands between its slashes, as it stands there.</summary>
    public Range Pattern { get; private set; }

    public byte[]? Made { get; private set; }

    public DomainLists Domains { get; } = new();

    /// <summary>Reads a line without white space at its ends, which <see cref="FilterLines"/> has found to be a network filter.</summary>
    public FilterSkip Parse(ReadOnlySpan<byte> line)
    {
        (IsException, IsBadFilter, Flags, Types, Made) = (false, false, FilterFlags.None, 0, null);
        Domains.Clear();
        var from = 0;
        if (line.StartsWith("@@"u8))
        {
            IsException = true;
            from = 2;
        }
        var dollar = OptionsStart(line[from..]);
        var until = dollar < 0 ? line.Length : from + dollar;
        var matchCase = false;
        var skip = dollar < 0 ? WithoutOptions() : ParseOptions(line[(until + 1)..], ref matchCase);
        return skip != FilterSkip.None ? skip : ParsePattern(line, from, until, dollar >= 0, matchCase);
    }

    private FilterSkip WithoutOptions()
    {
        Types = TypeSet.Loads;
        Flags |= FilterFlags.Untyped;
        return FilterSkip.None;
    }

    // The last $ that does not look like one of a regex.
    private static int OptionsStart(ReadOnlySpan<byte> text)
    {
        for (var at = text.LastIndexOf((byte)'$'); at >= 0; at = text[..at].LastIndexOf((byte)'$'))
        {
            if (at + 1 < text.Length && text[at + 1] is not ((byte)')' or (byte)'/' or (byte)'|') && (at == 0 || text[at - 1] != '\\'))
                return at;
        }
        return -1;
    }

    private FilterSkip ParseOptions(ReadOnlySpan<byte> options, ref bool matchCase)
    {
        ushort types = 0, notTypes = 0;
        bool popup = false, redirected = false, valueAsked = false;
        foreach (var range in options.Split((byte)','))
        {
            var option = options[range];
            var negated = option.StartsWith((byte)'~');
            var assign = option.IndexOf((byte)'=');
            var name = option[(negated ? 1 : 0)..(assign < 0 ? option.Length : assign)];
            var value = assign < 0 ? default : option[(assign + 1)..];
            if (!FilterOptions.Find(name, out var kind, out var named))
                return FilterSkip.UnknownOption;
            switch (kind)
            {
                case OptionKind.NoRequest:
                    return FilterSkip.NoRequest;
                case OptionKind.Type when named == TypeSet.All && negated:
                    return FilterSkip.BadOption;
                case OptionKind.Type:
                    (types, notTypes) = negated ? (types, (ushort)(notTypes | named)) : ((ushort)(types | named), notTypes);
                    break;
                case OptionKind.Popup:
                    popup |= !negated;
                    break;
                case OptionKind.FirstParty or OptionKind.ThirdParty:
                    Flags |= kind == OptionKind.FirstParty ^ negated ? FilterFlags.FirstParty : FilterFlags.ThirdParty;
                    break;
                case OptionKind.From or OptionKind.To or OptionKind.DenyAllow or OptionKind.Method:
                    if (negated || !ParseValues(kind, value))
                        return FilterSkip.BadOption;
                    break;
                default:
                    if (negated)
                        return FilterSkip.BadOption;
                    redirected |= kind == OptionKind.Redirect;
                    valueAsked |= kind == OptionKind.Redirect && named == 0 && value.IsEmpty && !name.SequenceEqual("empty"u8);
                    matchCase |= kind == OptionKind.MatchCase;
                    IsBadFilter |= kind == OptionKind.BadFilter;
                    types |= named;
                    Flags |= FlagOf(kind);
                    break;
            }
            if (!value.IsEmpty && kind is OptionKind.Type or OptionKind.Important)
                return FilterSkip.BadOption;
        }
        if (redirected && IsException)
            return FilterSkip.NoRequest;
        if (valueAsked || IsException && Has(FilterFlags.Important) || Domains.NotOn.Count > 0 && Domains.From.Count + Domains.NotFrom.Count == 0)
            return FilterSkip.BadOption;
        return Settle(types, notTypes, popup);
    }

    private FilterSkip Settle(ushort types, ushort notTypes, bool popup)
    {
        if (types == 0 && popup)
            return FilterSkip.Popup;
        Types = (ushort)((types == 0 ? TypeSet.Loads : types) & ~notTypes);
        if (types == 0 && notTypes == 0)
            Flags |= FilterFlags.Untyped;
        if (Has(FilterFlags.FirstParty) && Has(FilterFlags.ThirdParty))
            Flags &= ~(FilterFlags.FirstParty | FilterFlags.ThirdParty);
        return Types == 0 ? FilterSkip.BadOption : FilterSkip.None;
    }

    private static FilterFlags FlagOf(OptionKind kind) => kind switch
    {
        OptionKind.Important => FilterFlags.Important,
        OptionKind.SameHost => FilterFlags.SameHost,
        OptionKind.OtherHost => FilterFlags.OtherHost,
        _ => FilterFlags.None,
    };

    private bool Has(FilterFlags flag) => (Flags & flag) != 0;

    private bool ParseValues(OptionKind kind, ReadOnlySpan<byte> values)
    {
        foreach (var range in values.Split((byte)'|'))
        {
            var value = values[range];
            var negated = value.StartsWith((byte)'~');
            value = negated ? value[1..] : value;
            if (kind == OptionKind.Method)
            {
                var bit = FilterMethods.Of(value);
                if (bit == 0)
                    return false;
                Domains.Methods |= negated ? (ushort)0 : bit;
                Domains.NotMethods |= negated ? bit : (ushort)0;
                continue;
            }
            if (!TryName(value, kind != OptionKind.DenyAllow, out var name) || negated && kind == OptionKind.DenyAllow)
                return false;
            var list = kind switch
            {
                OptionKind.DenyAllow => Domains.NotOn,
                OptionKind.From => negated ? Domains.NotFrom : Domains.From,
                _ => negated ? Domains.NotTo : Domains.To,
            };
            if (!list.Contains(name))
                list.Add(name);
        }
        return true;
    }

    private bool TryName(ReadOnlySpan<byte> value, bool mayBeEntity, out int name)
    {
        name = -1;
        var isEntity = mayBeEntity && value.EndsWith(".*"u8);
        var plain = isEntity ? value[..^2] : value;
        if (!plain.IsEmpty && !plain.ContainsAnyExcept(FilterText.HostOctets) && plain[0] != '.' && plain[^1] != '.')
        {
            name = names.Add(value);
            return true;
        }
        if (HostText.Canonical(Encoding.UTF8.GetString(plain)) is not { } host)
            return false;
        name = names.Add(Encoding.ASCII.GetBytes(isEntity ? host + ".*" : host));
        return true;
    }

    private FilterSkip ParsePattern(ReadOnlySpan<byte> line, int from, int until, bool hasOptions, bool matchCase)
    {
        var text = line[from..until];
        if (text.Length > 2 && text[0] == '/' && text[^1] == '/')
            return ParseRegex(line, from, until, matchCase);
        if (matchCase || text.Length > MostPattern)
            return matchCase ? FilterSkip.BadOption : FilterSkip.BadPattern;
        if (text.ContainsAny((byte)' ', (byte)'\t'))
            return hasOptions || IsException ? FilterSkip.BadPattern : ParseHostsLine(text);
        (from, until) = Anchors(line, from, until);
        text = line[from..until];
        if (!hasOptions && text.Length <= 1)
            return FilterSkip.BadPattern;
        if (!hasOptions && !Has(FilterFlags.AtStart | FilterFlags.AtLabel | FilterFlags.AtEnd) && FilterText.IsHostName(text))
            return Host(text);
        Pattern = from..until;
        if (!text.ContainsAnyExcept(FilterText.PatternOctets))
            return FilterSkip.None;
        Made = FilterText.Normalize(text);
        return Made is null ? FilterSkip.BadPattern : FilterSkip.None;
    }

    // A line that is a host name and no more names the host, as in a hosts file.
    private FilterSkip Host(ReadOnlySpan<byte> name)
    {
        Flags |= FilterFlags.AtLabel;
        Made = [.. FilterText.Normalize(name)!, (byte)'^'];
        return FilterSkip.None;
    }

    private FilterSkip ParseHostsLine(ReadOnlySpan<byte> text)
    {
        var blank = text.IndexOfAny((byte)' ', (byte)'\t');
        var name = text[blank..].Trim(" \t"u8);
        if (FilterText.IsOfOwnMachine(name))
            return FilterSkip.Comment;
        return text[..blank].ContainsAnyExcept(FilterText.AddressOctets) || !FilterText.IsHostName(name) ? FilterSkip.BadPattern : Host(name);
    }

    /// <summary>Takes the anchors off, and the stars that say nothing.</summary>
    private (int From, int Until) Anchors(ReadOnlySpan<byte> line, int from, int until)
    {
        var bars = line[from..until].StartsWith("||"u8) ? 2 : line[from..until].StartsWith("|"u8) ? 1 : 0;
        from += bars;
        // As uBlock: before what is no part of a word the anchor is left out of account.
        if (bars > 0 && from < until && FilterText.IsWord(line[from]))
            Flags |= bars == 2 ? FilterFlags.AtLabel : FilterFlags.AtStart;
        if (until > from && line[until - 1] == '|')
        {
            until--;
            if (until > from && line[until - 1] != '*')
                Flags |= FilterFlags.AtEnd;
        }
        while (from < until && line[from] == '*')
            from++;
        while (!Has(FilterFlags.AtEnd) && EndsInStar(line[from..until]))
            until--;
        return (from, until);

        // "*" and "*^" at the end match whatever comes, also nothing.
        static bool EndsInStar(ReadOnlySpan<byte> text) => text.TrimEnd((byte)'^').EndsWith((byte)'*');
    }

    private FilterSkip ParseRegex(ReadOnlySpan<byte> line, int from, int until, bool matchCase)
    {
        Flags |= FilterFlags.Regex | (matchCase ? FilterFlags.MatchCase : FilterFlags.None);
        Pattern = (from + 1)..(until - 1);
        return FilterRegex.IsLinear(line[Pattern], matchCase) ? FilterSkip.None : FilterSkip.BadRegex;
    }
}
