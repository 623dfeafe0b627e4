using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Policy.Filters;

/// <summary>
/// What filters refer to: their lines in one array of octets, of which the patterns are parts; the hosts that options
/// name; the regexes. Written while lists are read, then only read.
///
/// An entry of the options is: methods (named in the low half, excluded in the high one), five counts (from, not from,
/// to, not to, not on), then so many numbers of names, each of the five parts sorted.
/// </summary>
internal sealed class FilterStore
{
    private byte[] _text = new byte[4096];
    private int[] _options = new int[64];
    private int _textLength;
    private int _optionsLength = 1; // 0 says that there are none
    private readonly ConcurrentDictionary<int, Regex?> _regexes = [];

    public NameTable Names { get; } = new();

    /// <summary>Made when it is first asked for; null where the platform refuses it.</summary>
    public Regex? RegexOf(in Filter filter) => _regexes.TryGetValue(filter.Text, out var made) ? made : MakeRegex(filter);

    /// <summary>The octets of its pattern, or what its regex surely contains.</summary>
    public ReadOnlySpan<byte> LiteralOf(in Filter filter) => filter.Has(FilterFlags.Regex) ? FilterRegex.LiteralOf(PatternOf(filter)) : PatternOf(filter);

    public ReadOnlySpan<byte> PatternOf(in Filter filter) => _text.AsSpan(filter.Text + filter.Pattern, filter.Length);

    /// <summary>The filter's line as it stands in its list.</summary>
    public string LineOf(in Filter filter)
    {
        var rest = _text.AsSpan(filter.Text);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)'\n')]);
    }

    /// <summary>Keeps what a parser has read.</summary>
    public Filter Add(FilterParser parsed, ReadOnlySpan<byte> line, int number, int list)
    {
        var (start, length) = parsed.Made is { } made ? (line.Length + 1, made.Length) : parsed.Pattern.GetOffsetAndLength(line.Length);
        var filter = new Filter
        {
            Text = _textLength,
            Pattern = (ushort)start,
            Length = (ushort)length,
            Line = number,
            List = (ushort)list,
            Flags = parsed.Flags,
            Types = parsed.Types,
            Options = parsed.Domains.IsEmpty ? 0 : AddOptions(parsed.Domains),
        };
        Append(line);
        Append("\n"u8);
        Append(parsed.Made);
        return filter;
    }

    /// <summary>Nothing more will be added.</summary>
    public void Trim()
    {
        Array.Resize(ref _text, _textLength);
        Array.Resize(ref _options, _optionsLength);
    }

    public (ushort Methods, ushort NotMethods) MethodsOf(in Filter filter) => ((ushort)_options[filter.Options], (ushort)(_options[filter.Options] >>> 16));

    public ReadOnlySpan<int> FromOf(in Filter filter) => PartOf(filter, 0);

    public ReadOnlySpan<int> NotFromOf(in Filter filter) => PartOf(filter, 1);

    public ReadOnlySpan<int> ToOf(in Filter filter) => PartOf(filter, 2);

    public ReadOnlySpan<int> NotToOf(in Filter filter) => PartOf(filter, 3);

    public ReadOnlySpan<int> NotOnOf(in Filter filter) => PartOf(filter, 4);

    /// <summary>All of a filter's entry, to be compared with that of another.</summary>
    public ReadOnlySpan<int> OptionsOf(in Filter filter)
    {
        if (filter.Options == 0)
            return [];
        var length = 6;
        foreach (var count in _options.AsSpan(filter.Options + 1, 5))
            length += count;
        return _options.AsSpan(filter.Options, length);
    }

    private ReadOnlySpan<int> PartOf(in Filter filter, int part)
    {
        if (filter.Options == 0)
            return [];
        var counts = _options.AsSpan(filter.Options + 1, 5);
        var start = filter.Options + 6;
        for (var before = 0; before < part; before++)
            start += counts[before];
        return _options.AsSpan(start, counts[part]);
    }

    private Regex? MakeRegex(in Filter filter)
    {
        var (source, matchCase) = (Encoding.UTF8.GetString(PatternOf(filter)), filter.Has(FilterFlags.MatchCase));
        return _regexes.GetOrAdd(filter.Text, _ => FilterRegex.Make(source, matchCase));
    }

    private int AddOptions(DomainLists domains)
    {
        ReadOnlySpan<List<int>> parts = [domains.From, domains.NotFrom, domains.To, domains.NotTo, domains.NotOn];
        var start = _optionsLength;
        AddOption(domains.Methods | domains.NotMethods << 16);
        foreach (var part in parts)
            AddOption(part.Count);
        foreach (var part in parts)
        {
            part.Sort();
            foreach (var name in part)
                AddOption(name);
        }
        return start;
    }

    private void AddOption(int value)
    {
        if (_optionsLength == _options.Length)
            Array.Resize(ref _options, _optionsLength * 2);
        _options[_optionsLength++] = value;
    }

    private void Append(ReadOnlySpan<byte> octets)
    {
        if (_textLength + octets.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + octets.Length));
        octets.CopyTo(_text.AsSpan(_textLength));
        _textLength += octets.Length;
    }
}
