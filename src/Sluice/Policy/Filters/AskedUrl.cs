using System.Text;

namespace Sluice.Policy.Filters;

/// <summary>A request while filters are tried on it: its URL and source as octets in lower case, and what only some filters
/// ask for, made when the first one does. All of it lies in memory that the caller lends.</summary>
internal ref struct AskedUrl
{
    /// <summary>How many octets of memory a request takes.</summary>
    public static int Needs(in FilterRequest request) => request.Url.Length + request.Source.Length;

    /// <summary>Names of one host that can be found; lists that name more domains above one host do not exist.</summary>
    public const int MostNames = 32;

    private readonly NameTable _names;
    private readonly Span<int> _memory;
    private int _sourceNames = -1;
    private int _targetNames = -1;
    private Party _party;

    /// <param name="memory">As <see cref="Needs"/> says, at least.</param>
    /// <param name="numbers">Twice <see cref="MostNames"/>.</param>
    public AskedUrl(in FilterRequest request, NameTable names, Span<byte> memory, Span<int> numbers)
    {
        _names = names;
        _memory = numbers;
        Raw = request.Url;
        Url = Lower(request.Url, memory);
        (HostStart, HostEnd) = HostOf(Url);
        Type = request.Type;
        // As uBlock: who goes to a page is on it already, wherever the link was.
        _party = Type == RequestType.Document ? Party.First : request.Party;
        Source = Type == RequestType.Document ? Host : Lower(request.Source, memory[request.Url.Length..]);
        TypeBit = TypeSet.Of(request.Type);
        MethodBit = FilterMethods.Of(request.Method);
        IsHostOnly = request.IsHostOnly;
    }

    /// <summary>As it was sent, for regexes that look at case.</summary>
    public ReadOnlySpan<char> Raw { get; }

    public ReadOnlySpan<byte> Url { get; }

    public ReadOnlySpan<byte> Source { get; }

    public int HostStart { get; }

    public int HostEnd { get; }

    public RequestType Type { get; }

    public ushort TypeBit { get; }

    public ushort MethodBit { get; }

    public bool IsHostOnly { get; }

    public readonly ReadOnlySpan<byte> Host => Url[HostStart..HostEnd];

    public Party Party
    {
        get
        {
            if (_party == Party.Unknown && !Source.IsEmpty)
                _party = Site(Host).SequenceEqual(Site(Source)) ? Party.First : Party.Third;
            return _party;
        }
    }

    /// <summary>The numbers of the source's names that lists know: its host, the domains above, and these with <c>.*</c> for their public suffix.</summary>
    public ReadOnlySpan<int> SourceNames
    {
        get
        {
            if (_sourceNames < 0)
                _sourceNames = Find(Source, _memory[..MostNames]);
            return _memory[.._sourceNames];
        }
    }

    /// <summary>The same of the host that is asked.</summary>
    public ReadOnlySpan<int> TargetNames
    {
        get
        {
            if (_targetNames < 0)
                _targetNames = Find(Host, _memory[MostNames..]);
            return _memory.Slice(MostNames, _targetNames);
        }
    }

    /// <summary>Whether <c>||</c> may begin there: at the host or behind one of its dots.</summary>
    public readonly bool IsLabel(int at) => at == HostStart || at > HostStart && at < HostEnd && Url[at - 1] == '.';

    private static ReadOnlySpan<byte> Site(ReadOnlySpan<byte> host) => host[PublicSuffixes.DomainStart(host)..];

    // Other octets than ASCII do not occur in URLs as they are sent; where one does it becomes what no pattern contains, a separator.
    private static ReadOnlySpan<byte> Lower(ReadOnlySpan<char> text, Span<byte> into)
    {
        into = into[..text.Length];
        if (Ascii.ToLower(text, into, out _) != System.Buffers.OperationStatus.Done)
        {
            for (var i = 0; i < text.Length; i++)
                into[i] = char.IsAscii(text[i]) ? (byte)char.ToLowerInvariant(text[i]) : (byte)0x80;
        }
        return into;
    }

    private static (int Start, int End) HostOf(ReadOnlySpan<byte> url)
    {
        var start = url.IndexOf("://"u8) + 3;
        if (start < 3)
            return (0, 0);
        var rest = url[start..];
        var end = rest.IndexOfAny("/?#"u8) is >= 0 and var slash ? slash : rest.Length;
        var port = rest[..end].LastIndexOf((byte)':');
        return (start, start + (port >= 0 && rest[..end].IndexOf((byte)']') < port ? port : end));
    }

    private readonly int Find(ReadOnlySpan<byte> host, Span<int> found)
    {
        var count = 0;
        FindAbove(host, [], ref count, found);
        var site = PublicSuffixes.DomainStart(host);
        if (host[site..].IndexOf((byte)'.') is > 0 and var dot)
            FindAbove(host[..(site + dot)], ".*"u8, ref count, found);
        return count;
    }

    private readonly void FindAbove(ReadOnlySpan<byte> host, ReadOnlySpan<byte> tail, ref int count, Span<int> found)
    {
        var hash = NameTable.HashOf(tail);
        for (var i = host.Length - 1; i >= 0 && count < found.Length; i--)
        {
            hash = NameTable.Step(hash, host[i]);
            if ((i == 0 || host[i - 1] == '.') && _names.Find(hash, host[i..], tail) is >= 0 and var name)
                found[count++] = name;
        }
    }
}
