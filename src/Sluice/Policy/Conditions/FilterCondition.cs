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
            request = new RequestHead
            {
                Method = request.Method, Target = asked.Target with { Host = asked.Host }, Version = request.Version, Fields = request.Fields,
            };
        var found = set.Match(FilterRequest.Of(request));
        if (found.Outcome != FilterOutcome.Blocked)
            return false;
        files.Count(found.List);
        (match.List, match.Line) = (found.List, found.Line);
        match.Because = $"The filter '{set.TextOf(found)}' is for what is asked here.";
        return true;
    }
}
