using System.Runtime.InteropServices;

namespace Sluice.Policy.Filters;

[Flags]
internal enum FilterFlags : ushort
{
    None = 0,

    /// <summary><c>|</c> at its start: the pattern begins where the URL does.</summary>
    AtStart = 1,

    /// <summary><c>||</c>: the pattern begins at the host or at one of its labels.</summary>
    AtLabel = 2,

    /// <summary><c>|</c> at its end: the pattern ends where the URL does.</summary>
    AtEnd = 4,

    Regex = 8,
    FirstParty = 16,
    ThirdParty = 32,
    SameHost = 64,
    OtherHost = 128,
    Important = 256,

    /// <summary>Names no type: also about pages, where its pattern says no more than their host.</summary>
    Untyped = 512,

    /// <summary><c>match-case</c>, of a regex.</summary>
    MatchCase = 1024,
}

/// <summary>One filter in 24 bytes; what few have is elsewhere (<see cref="FilterStore"/>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Filter
{
    /// <summary>As <see cref="Gram"/>: the pattern's place in the URL does not follow from where its gram is.</summary>
    public const ushort Anywhere = ushort.MaxValue;

    /// <summary>Where its line begins in the store's text, which a line feed ends.</summary>
    public int Text;

    /// <summary>From 1.</summary>
    public int Line;

    /// <summary>Where its domains and methods are in the store's options; 0: it has none.</summary>
    public int Options;

    /// <summary>Where the pattern begins, behind <see cref="Text"/>; of a regex what stands between its slashes.</summary>
    public ushort Pattern;

    /// <summary>Of the pattern in octets; 0 matches every URL.</summary>
    public ushort Length;

    /// <summary>Where in the pattern the gram is that it is found by.</summary>
    public ushort Gram;

    /// <summary>A <see cref="TypeSet"/>.</summary>
    public ushort Types;

    public FilterFlags Flags;

    /// <summary>The number of its list.</summary>
    public ushort List;

    public readonly bool Has(FilterFlags flag) => (Flags & flag) != 0;
}
