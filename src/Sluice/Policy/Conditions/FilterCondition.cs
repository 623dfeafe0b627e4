using Sluice.Http;
using Sluice.Policy.Filters;

namespace Sluice.Policy.Conditions;

/// <summary>Filter lists as one: what they block, and no exception of theirs lets through.</summary>
internal sealed class FilterCondition(FilterFiles files) : Condition
{
    public override bool Matches(ref Asked asked, ref Match match)
    {
        var (set, request) = (files.Set, asked.Request);
        // Filters know hosts in one spelling.
        if (asked.Host != asked.Target.Host)
            request = request.To(asked.Host);
        var found = set.Match(FilterRequest.Of(request));
        if (found.Outcome != FilterOutcome.Blocked)
            return false;
        (match.Source, match.List, match.Line) = (files, found.List, found.Line);
        match.Because = $"The filter '{set.TextOf(found)}' is for what is asked here.";
        return true;
    }
}
