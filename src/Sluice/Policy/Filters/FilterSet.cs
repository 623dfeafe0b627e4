using System.Buffers;
using System.Runtime.CompilerServices;

namespace Sluice.Policy.Filters;

/// <summary>
/// Filter lists as one engine, for exceptions of one list are about blocks of another: what uBlock Origin's static network
/// filtering says of a request. Of the filters that match, an important block goes before an exception, an exception before a block.
/// Exceptions are looked for only where something blocks. Immutable; matching allocates nothing.
/// </summary>
internal sealed class FilterSet
{
    private const int OnStack = 1024;

    private readonly FilterStore _store;
    private readonly FilterIndex _blocks;
    private readonly FilterIndex _exceptions;

    internal FilterSet(FilterStore store, FilterIndex blocks, FilterIndex exceptions, IReadOnlyList<FilterListCounts> lists)
    {
        (_store, _blocks, _exceptions) = (store, blocks, exceptions);
        Lists = lists;
    }

    public IReadOnlyList<FilterListCounts> Lists { get; }

    public int Count => Lists.Sum(list => list.Filters);

    /// <summary>How many entries the index finds by host, by gram, by source and by nothing, blocks and exceptions together.</summary>
    public IReadOnlyList<int> Places => [.. _blocks.Places.Zip(_exceptions.Places, (a, b) => a + b)];

    /// <summary>One list alone; several make one set by <see cref="FilterSetBuilder"/>.</summary>
    /// <param name="content">The file's bytes, UTF-8.</param>
    /// <param name="name">The list's name in problems and matches.</param>
    /// <param name="problems">Receives the lines that could not be read.</param>
    public static FilterSet Parse(ReadOnlySpan<byte> content, string name, List<PolicyProblem> problems)
    {
        var builder = new FilterSetBuilder();
        builder.Add(content, name, problems);
        return builder.Build();
    }

    /// <summary>What the filters say of a request.</summary>
    [SkipLocalsInit]
    public FilterMatch Match(in FilterRequest request)
    {
        var needs = AskedUrl.Needs(request);
        byte[]? rented = null;
        var memory = needs <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(needs);
        try
        {
            var asked = new AskedUrl(request, _store.Names, memory, stackalloc int[AskedUrl.MostNames * 2]);
            return Match(ref asked);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The line of the filter that decided, as it stands in its list.</summary>
    public string TextOf(in FilterMatch match) => match.Outcome switch
    {
        FilterOutcome.Blocked => _store.LineOf(_blocks[match.Filter]),
        FilterOutcome.Excepted => _store.LineOf(_exceptions[match.Filter]),
        _ => "",
    };

    private FilterMatch Match(ref AskedUrl asked)
    {
        var block = _blocks.Find(ref asked, FilterFlags.None);
        if (block < 0)
            return default;
        if (_blocks[block].Has(FilterFlags.Important) || _exceptions.Find(ref asked, FilterFlags.None) is not (>= 0 and var exception))
            return Named(FilterOutcome.Blocked, block, _blocks[block]);
        if (_blocks.Find(ref asked, FilterFlags.Important) is >= 0 and var important)
            return Named(FilterOutcome.Blocked, important, _blocks[important]);
        return Named(FilterOutcome.Excepted, exception, _exceptions[exception]);
    }

    private FilterMatch Named(FilterOutcome outcome, int number, in Filter filter) => new(outcome, Lists[filter.List].Name, filter.Line, number);
}
