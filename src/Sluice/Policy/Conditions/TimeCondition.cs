namespace Sluice.Policy.Conditions;

internal sealed class TimeCondition(IEnumerable<TimeWindow> windows) : Condition
{
    private readonly TimeWindow[] _windows = [.. windows];

    public override bool Matches(ref Asked asked, ref Match match)
    {
        foreach (var window in _windows)
            if (window.Contains(asked.Now))
                return true;
        return false;
    }
}
