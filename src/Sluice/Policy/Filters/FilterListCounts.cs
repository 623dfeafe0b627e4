namespace Sluice.Policy.Filters;

/// <summary>What a list holds.</summary>
/// <param name="name">The list's name.</param>
internal sealed class FilterListCounts(string name)
{
    private readonly int[] _skipped = new int[(int)FilterSkip.Cancelled + 1];

    public string Name { get; } = name;

    /// <summary>Lines that are filters and hold.</summary>
    public int Filters => Skipped(FilterSkip.None);

    /// <summary>Lines that are faulty, not only for others than a proxy.</summary>
    public int Faults => Enum.GetValues<FilterSkip>().Where(FilterSkips.IsFault).Sum(Skipped);

    /// <summary>How many lines became what <paramref name="skip"/> says; of the cancelled ones also those that cancel.</summary>
    public int Skipped(FilterSkip skip) => _skipped[(int)skip];

    public void Add(FilterSkip skip) => _skipped[(int)skip]++;

    /// <summary>A filter that was counted is taken back.</summary>
    public void Cancel()
    {
        _skipped[(int)FilterSkip.None]--;
        _skipped[(int)FilterSkip.Cancelled]++;
    }
}
