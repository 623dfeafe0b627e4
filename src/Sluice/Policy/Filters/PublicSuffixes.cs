namespace Sluice.Policy.Filters;

/// <summary>
/// Where sites end: the Public Suffix List (https://publicsuffix.org/list/), embedded in the program. A site is a host's
/// registrable domain: the longest suffix that is listed and the label before it. <c>*.ck</c> lists every label below
/// ck, <c>!www.ck</c> takes one out again; a top label that is not listed is a suffix.
/// </summary>
internal static class PublicSuffixes
{
    private const byte Listed = 1;
    private const byte AllBelow = 2;
    private const byte Excepted = 4;

    private static readonly NameTable Names = new();
    private static readonly byte[] Kinds = Load();

    /// <summary>Where the registrable domain begins in a host; 0 where the host is one, is a suffix itself or is an address.</summary>
    /// <param name="host">Canonical, in ASCII.</param>
    public static int DomainStart(ReadOnlySpan<byte> host)
    {
        var top = host.LastIndexOf((byte)'.') + 1;
        if (host.Contains((byte)':') || top < host.Length && char.IsAsciiDigit((char)host[top]))
            return 0;
        // The label before the longest suffix met so far.
        var domain = Before(host, top);
        var hash = NameTable.Seed;
        for (var i = host.Length - 1; i >= 0; i--)
        {
            hash = NameTable.Step(hash, host[i]);
            if (i > 0 && host[i - 1] != '.' || Names.Find(hash, host[i..], []) is not (>= 0 and var id))
                continue;
            var kind = Kinds[id];
            if ((kind & Excepted) != 0)
                return i;
            if ((kind & AllBelow) != 0)
                domain = Before(host, Before(host, i));
            else if ((kind & Listed) != 0)
                domain = Before(host, i);
        }
        return domain;
    }

    /// <summary>Where the label before <paramref name="label"/> begins; 0 where there is none.</summary>
    private static int Before(ReadOnlySpan<byte> host, int label) => label < 2 ? 0 : host[..(label - 1)].LastIndexOf((byte)'.') + 1;

    private static byte[] Load()
    {
        using var resource = typeof(PublicSuffixes).Assembly.GetManifestResourceStream("public_suffix_list.dat")!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        var kinds = new List<byte>(11_000);
        foreach (var range in content.AsSpan().Split((byte)'\n'))
        {
            var rule = content.AsSpan(range);
            if (rule.IsEmpty || rule[0] == '/')
                continue;
            var (skip, kind) = rule[0] == '!' ? (1, Excepted) : rule[0] == '*' ? (2, AllBelow) : (0, Listed);
            var id = Names.Add(rule[skip..]);
            if (id == kinds.Count)
                kinds.Add(0);
            kinds[id] |= kind;
        }
        return [.. kinds];
    }
}
