namespace Sluice.Policy.Filters;

/// <summary>The hosts and methods that a filter's options name, while it is read. Numbers are those of the <see cref="NameTable"/>;
/// <c>google.*</c> is a name like others.</summary>
internal sealed class DomainLists
{
    public List<int> From { get; } = [];

    public List<int> NotFrom { get; } = [];

    public List<int> To { get; } = [];

    public List<int> NotTo { get; } = [];

    /// <summary>Of <c>denyallow</c>.</summary>
    public List<int> NotOn { get; } = [];

    /// <summary>Bits of <see cref="FilterMethods"/>.</summary>
    public ushort Methods { get; set; }

    public ushort NotMethods { get; set; }

    public bool IsEmpty => From.Count + NotFrom.Count + To.Count + NotTo.Count + NotOn.Count + Methods + NotMethods == 0;

    public void Clear()
    {
        foreach (var list in (ReadOnlySpan<List<int>>)[From, NotFrom, To, NotTo, NotOn])
            list.Clear();
        Methods = NotMethods = 0;
    }
}
