namespace Sluice.Policy.Conditions;

internal sealed class TimeCondition(IEnumerable<TimeWindow> windows) : Condition
{
    private readonly TimeWindow[] _windows = [.. windows];

    public override string Name => "times";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        foreach (var window in _windows)
            if (window.Contains(asked.Now))
                return true;
        return false;
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        var now = asked.Now;
        return holds
            ? Array.Find(_windows, window => window.Contains(now)) is { } found ? $"{found.Clock(now)} is in {found}" : ""
            : $"{_windows[0].Clock(now)} is in {NoneOf(_windows)}";
    }
}
