using Sluice.Policy.Filters;

namespace Sluice.Policy.Conditions;

/// <summary>Filter lists as one: what they block, and no exception of theirs lets through.</summary>
internal sealed class FilterCondition(FilterFiles files) : Condition
{
    public override string Name => "filters";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        var set = files.Set;
        var found = Find(set, ref asked);
        if (found.Outcome != FilterOutcome.Blocked)
            return false;
        (match.Source, match.List, match.Line) = (files, found.List, found.Line);
        match.Because = $"The filter '{set.TextOf(found)}' is for what is asked here.";
        return true;
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        var set = files.Set;
        var found = Find(set, ref asked);
        return found.Outcome == FilterOutcome.None
            ? $"none of {set.Count} blocks it"
            : $"'{set.TextOf(found)}' {(found.Outcome == FilterOutcome.Blocked ? "blocks" : "excepts")} it, {found.List}:{found.Line}";
    }

    private static FilterMatch Find(FilterSet set, ref Asked asked)
    {
        // Filters know hosts in one spelling.
        var request = asked.Host == asked.Target.Host ? asked.Request : asked.Request.To(asked.Host);
        return set.Match(FilterRequest.Of(request));
    }
}
