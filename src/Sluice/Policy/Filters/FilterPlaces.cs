using System.Runtime.InteropServices;

namespace Sluice.Policy.Filters;

/// <summary>By what a filter is found. Numbers are the order in the sorted array.</summary>
internal enum PlaceKind : byte
{
    /// <summary>By the host that its pattern begins with, whole: <c>||example.com^</c>, <c>||example.com/ad</c>.</summary>
    Host,

    /// <summary>By four octets of its pattern.</summary>
    Gram,

    /// <summary>By the pages that it is about.</summary>
    Source,

    /// <summary>By nothing: tried on every request.</summary>
    Rest,
}

/// <summary>
/// Chooses by what each filter is found. Of its grams (four octets that stand together in the pattern, without wildcards) the rarest
/// among all patterns: what is rare there is rare in URLs too, but for what all URLs have, which is counted beforehand.
/// </summary>
internal sealed class FilterPlaces(FilterStore store)
{
    private const int Common = 1 << 20;
    private static readonly byte[] InAllUrls = "https://www. http://www. .com/ .net/ .org/ .html .php? .js? .css? .jpg .png .gif .com/js/ .com/images/ /static/ /assets/ /content/"u8.ToArray();

    private readonly int[] _counts = Count(InAllUrls, new int[1 << 16], Common);

    /// <summary>Takes a pattern into account, before any is placed.</summary>
    public void Count(in Filter filter)
    {
        if (HostLength(filter) == 0)
            Count(store.LiteralOf(filter), _counts, 1);
    }

    /// <summary>The key to sort by: the kind in the high half, its key in the low one; Source: 0, for there are as many keys as pages.</summary>
    public ulong Place(ref Filter filter)
    {
        filter.Gram = Filter.Anywhere;
        if (HostLength(filter) is > 0 and var host)
            return Key(PlaceKind.Host, NameTable.HashOf(store.PatternOf(filter)[..host]));
        var (gram, at, count) = Rarest(store.LiteralOf(filter));
        var hasSource = store.FromOf(filter).Length > 0;
        if (count == int.MaxValue || count >= Common && hasSource)
            return Key(hasSource ? PlaceKind.Source : PlaceKind.Rest, 0);
        if (!filter.Has(FilterFlags.Regex) && !store.PatternOf(filter).Contains((byte)'*'))
            filter.Gram = (ushort)at;
        return Key(PlaceKind.Gram, gram);
    }

    public static ulong Key(PlaceKind kind, uint key) => (ulong)kind << 32 | key;

    /// <summary>Of the host at the pattern's start, where the pattern says where it ends; else 0.</summary>
    private int HostLength(in Filter filter)
    {
        if (!filter.Has(FilterFlags.AtLabel))
            return 0;
        var pattern = store.PatternOf(filter);
        var length = pattern.IndexOfAnyExcept(FilterText.HostOctets);
        return length > 0 && pattern[length] != '*' ? length : 0;
    }

    private static int[] Count(ReadOnlySpan<byte> text, int[] counts, int by)
    {
        for (var at = 0; at + 4 <= text.Length; at++)
            counts[SlotOf(MemoryMarshal.Read<uint>(text[at..]))] += by;
        return counts;
    }

    private (uint Gram, int At, int Count) Rarest(ReadOnlySpan<byte> text)
    {
        (uint Gram, int At, int Count) best = (0, 0, int.MaxValue);
        for (var at = 0; at + 4 <= text.Length; at++)
        {
            if (text.Slice(at, 4).ContainsAny((byte)'*', (byte)'^'))
                continue;
            var gram = MemoryMarshal.Read<uint>(text[at..]);
            if (_counts[SlotOf(gram)] < best.Count)
                best = (gram, at, _counts[SlotOf(gram)]);
        }
        return best;
    }

    private static int SlotOf(uint gram) => (int)(gram * 0x9E3779B1 >> 16);
}
