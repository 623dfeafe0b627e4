namespace Sluice.Policy.Filters;

/// <summary>What became of a line of a filter list.</summary>
internal enum FilterSkip : byte
{
    /// <summary>It is a filter.</summary>
    None,

    /// <summary>Comments, blank lines, directives, and the names that every hosts file gives its own machine.</summary>
    Comment,

    /// <summary>Hides elements, adds styles or scripts: <c>##</c>, <c>#@#</c>, <c>#?#</c>, <c>##+js(...)</c>, <c>##^</c>.</summary>
    Cosmetic,

    /// <summary>Under an <c>!#if</c> that does not hold.</summary>
    SwitchedOff,

    /// <summary><c>popup</c>, <c>popunder</c> alone: no request shows that it opens a window.</summary>
    Popup,

    /// <summary>About something else than whether a request may be made: <c>csp</c>, <c>removeparam</c>, <c>generichide</c> and the like.</summary>
    NoRequest,

    UnknownOption,
    BadOption,
    BadPattern,
    BadRegex,

    /// <summary>A regex beyond <see cref="FilterSetBuilder.MostRegexes"/>.</summary>
    TooManyRegexes,

    /// <summary>Taken back by a <c>badfilter</c>.</summary>
    Cancelled,
}

/// <summary>What is wrong with a skipped line, as a person reads it.</summary>
internal static class FilterSkips
{
    /// <summary>Whether the line is shown to the person whose list it is: the others are of no use to a proxy, and no mistakes.</summary>
    public static bool IsFault(FilterSkip skip) => skip is FilterSkip.UnknownOption or FilterSkip.BadOption or FilterSkip.BadPattern or FilterSkip.BadRegex or FilterSkip.TooManyRegexes;

    public static string Text(FilterSkip skip) => skip switch
    {
        FilterSkip.UnknownOption => "has an option that is not known",
        FilterSkip.BadOption => "has an option that cannot stand there or has a wrong value",
        FilterSkip.BadPattern => "has no pattern that could be matched",
        FilterSkip.BadRegex => "has a regex that cannot be matched in linear time, or is none",
        FilterSkip.TooManyRegexes => "is one regex too many",
        FilterSkip.Popup => "is about windows that open",
        FilterSkip.NoRequest => "is not about whether a request may be made",
        FilterSkip.SwitchedOff => "stands under a condition that does not hold",
        FilterSkip.Cancelled => "is taken back by a badfilter",
        FilterSkip.Cosmetic => "is about what a page shows",
        _ => "is a comment",
    };
}
