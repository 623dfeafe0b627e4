namespace Sluice.Policy.Filters;

/// <summary>
/// Whether one filter matches a request: its types, its pattern, the party, and the hosts and methods of its options.
///
/// What is not known of a request is decided for the client: a block asks for what it is restricted to, so it does not match
/// where that is not known; an exception matches where it may. Only <c>domain=</c> of an exception asks for a known page, for otherwise
/// each exception that one page needs would hold everywhere.
///
/// A page that a person goes to is blocked by <c>document</c>, or where a pattern says no more than its host (as uBlock's
/// strict blocking); what is known by its host alone, where the pattern is done within the host: it would match whatever followed.
/// </summary>
internal static class FilterTest
{
    /// <summary>As a start: anywhere.</summary>
    public const int Unplaced = int.MinValue;

    /// <param name="filter">The filter.</param>
    /// <param name="store">Its store.</param>
    /// <param name="excepts">It is an exception.</param>
    /// <param name="asked">The request.</param>
    /// <param name="start">Where in the URL the pattern would begin, which may be before the URL; or <see cref="Unplaced"/>.</param>
    public static bool Passes(in Filter filter, FilterStore store, bool excepts, ref AskedUrl asked, int start) =>
        HasType(filter, excepts, asked.Type, asked.TypeBit)
        && (filter.Has(FilterFlags.Regex)
            ? HasParty(filter, excepts, ref asked) && HasNames(filter, store, ref asked) && HasRegex(filter, store, excepts, ref asked)
            : HasPattern(filter, store, excepts, ref asked, start) && HasParty(filter, excepts, ref asked) && HasNames(filter, store, ref asked));

    private static bool HasType(in Filter filter, bool excepts, RequestType type, ushort bit) => type switch
    {
        RequestType.Unknown => excepts || (filter.Types & TypeSet.Loads) == TypeSet.Loads,
        RequestType.Document => (filter.Types & bit) != 0 || filter.Has(FilterFlags.Untyped),
        _ => (filter.Types & bit) != 0,
    };

    private static bool HasPattern(in Filter filter, FilterStore store, bool excepts, ref AskedUrl asked, int start)
    {
        var pattern = store.PatternOf(filter);
        int end;
        if (start == Unplaced)
            end = FilterPattern.Match(pattern, filter.Flags, asked.Url, asked.HostStart..asked.HostEnd);
        else if (start < 0 || filter.Has(FilterFlags.AtLabel) && !asked.IsLabel(start) || filter.Has(FilterFlags.AtStart) && start != 0)
            return false;
        else
            end = FilterPattern.MatchAt(pattern, filter.Has(FilterFlags.AtEnd), asked.Url, start);
        return end >= 0 && SaysEnough(filter, excepts, asked, end);
    }

    private static bool HasRegex(in Filter filter, FilterStore store, bool excepts, ref AskedUrl asked)
    {
        if (store.RegexOf(filter) is not { } regex)
            return false;
        if (excepts || !asked.IsHostOnly && asked.Type != RequestType.Document)
            return regex.IsMatch(asked.Raw);
        // What a regex says of the rest of a URL cannot be told.
        if (asked.IsHostOnly)
            return false;
        foreach (var match in regex.EnumerateMatches(asked.Raw))
            return SaysEnough(filter, excepts, asked, match.Index + match.Length);
        return false;
    }

    private static bool SaysEnough(in Filter filter, bool excepts, in AskedUrl asked, int end)
    {
        if (excepts)
            return true;
        if (asked.IsHostOnly && (end > asked.HostEnd + 1 || filter.Has(FilterFlags.AtEnd)))
            return false;
        return asked.Type != RequestType.Document || (filter.Types & asked.TypeBit) != 0 || end == asked.HostEnd || end == asked.HostEnd + 1;
    }

    private static bool HasParty(in Filter filter, bool excepts, ref AskedUrl asked)
    {
        const FilterFlags parties = FilterFlags.FirstParty | FilterFlags.ThirdParty;
        const FilterFlags hosts = FilterFlags.SameHost | FilterFlags.OtherHost;
        if ((filter.Flags & (parties | hosts)) == 0)
            return true;
        if ((filter.Flags & parties) != 0 && !(asked.Party == Party.Unknown ? excepts : filter.Has(FilterFlags.FirstParty) == (asked.Party == Party.First)))
            return false;
        return (filter.Flags & hosts) == 0
            || (asked.Source.IsEmpty ? excepts : filter.Has(FilterFlags.SameHost) == asked.Host.SequenceEqual(asked.Source));
    }

    private static bool HasNames(in Filter filter, FilterStore store, ref AskedUrl asked)
    {
        if (filter.Options == 0)
            return true;
        var (methods, not) = store.MethodsOf(filter);
        if ((methods | not) != 0 && (asked.MethodBit == 0 || (methods & asked.MethodBit) == 0 && (not == 0 || (not & asked.MethodBit) != 0)))
            return false;
        return Allows(store.FromOf(filter), store.NotFromOf(filter), asked.SourceNames)
            && Allows(store.ToOf(filter), store.NotToOf(filter), asked.TargetNames)
            && !HaveCommon(store.NotOnOf(filter), asked.TargetNames);
    }

    private static bool Allows(ReadOnlySpan<int> named, ReadOnlySpan<int> excluded, ReadOnlySpan<int> names) =>
        (named.IsEmpty || HaveCommon(named, names)) && (excluded.IsEmpty || !HaveCommon(excluded, names));

    private static bool HaveCommon(ReadOnlySpan<int> sorted, ReadOnlySpan<int> names)
    {
        if (sorted.IsEmpty)
            return false;
        foreach (var name in names)
            if (sorted.BinarySearch(name) >= 0)
                return true;
        return false;
    }
}
