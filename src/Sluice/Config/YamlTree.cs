using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Config;

/// <summary>
/// YAML text to a tree whose pieces know their line and column.
///
/// The library's parser gives events with marks; its object mapping and its resolving of aliases are not used: both
/// lose places. What YAML has beyond maps, lists and scalars (anchors, aliases, tags, merge keys, several documents)
/// is refused, since it only ever stands in such a file by mistake: a host pattern <c>*.example.com</c> is an alias,
/// an address <c>[::1]:80</c> begins a list. A file that is not YAML gives one problem, with the place where reading
/// ended; the rest is told all at once.
/// </summary>
internal sealed partial class YamlTree
{
    public const string LeastConfiguration = "listeners: [{ kind: forward, bind: 127.0.0.1:3128 }]";

    // Nobody nests deeper than the deepest key, which is at 6; the composer recurses.
    private const int MaxDepth = 32;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly string _file;
    private readonly string _least;
    private readonly string _text;
    private readonly ProblemList _problems;
    private readonly Parser _parser;
    private Mark _last = Mark.Empty;

    private YamlTree(string file, string text, string least, ProblemList problems)
    {
        _file = file;
        _least = least;
        _text = text;
        _problems = problems;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>The map that the file is; null after a problem that leaves nothing to look at.</summary>
    /// <param name="least">What a file of this kind must have, in one line.</param>
    public static Mapping? Read(string file, byte[] bytes, ProblemList problems, string least = LeastConfiguration)
    {
        if (Decode(file, bytes, problems) is not { } text)
            return null;
        var tree = new YamlTree(file, text, least, problems);
        try
        {
            return tree.ReadDocument();
        }
        catch (YamlException e)
        {
            tree.AddSyntax(e.Start, e.End, e.Message);
        }
        catch (InvalidOperationException)
        {
            // The library's scanner, on a list that is not closed (18.1.0).
            var last = tree._parser.Current?.Start ?? Mark.Empty;
            tree.AddSyntax(last, last, "While reading from here on, a bracket, brace or quote is not closed.");
        }
        return null;
    }

    private static string? Decode(string file, byte[] bytes, ProblemList problems)
    {
        var start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
        try
        {
            return Utf8.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException e)
        {
            var good = Encoding.UTF8.GetString(bytes, start, Math.Max(0, e.Index));
            var line = good.Count(c => c == '\n') + 1;
            var column = good.Length - (good.LastIndexOf('\n') + 1) + 1;
            problems.Add(new Place(file, line, column), "", "the file is not UTF-8 from here on, save it as UTF-8");
            return null;
        }
    }

    private Mapping? ReadDocument()
    {
        _parser.MoveNext(); // the stream's start
        _parser.MoveNext();
        if (_parser.Current is StreamEnd)
        {
            _problems.Add(Place.Of(_file), "", $"the file is empty, the least is: {_least}");
            return null;
        }
        _parser.MoveNext();
        var root = ReadNode(0);
        _parser.MoveNext(); // the document's end
        _parser.MoveNext();
        if (_parser.Current is DocumentStart second)
            _problems.Add(At(second.Start), "", "a second document begins here, a configuration is one document: remove the '---'");
        if (root is Mapping map)
            return map;
        _problems.Add(root.Place, "", $"the file is not a map of sections, begin with: {_least[..(_least.IndexOf(':', StringComparison.Ordinal) + 1)]}");
        return null;
    }

    /// <summary>The node whose first event is current; leaves its last event current.</summary>
    private Node ReadNode(int depth)
    {
        // The library's parser may end in the middle of a map (18.1.0, on a tab behind a colon).
        if (_parser.Current is not { } current)
            throw new YamlException(_last, _last, "While reading from here on, a key without its value, or a tab where spaces belong.");
        _last = current.End;
        if (depth > MaxDepth)
            throw new YamlException(current.Start, current.End, "While reading nested lists and maps, they nest too deep.");
        if (current is NodeEvent node)
            RefuseDecoration(node);
        switch (current)
        {
            case YamlDotNet.Core.Events.Scalar scalar:
                return new Scalar(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
            case AnchorAlias alias:
                _problems.Add(At(alias.Start), "", AliasMessage("*" + alias.Value.Value));
                return new Scalar(At(alias.Start), "*" + alias.Value.Value);
            case SequenceStart:
                return ReadSequence(At(current.Start), depth);
            default:
                return ReadMapping(At(current.Start), depth);
        }
    }

    private Sequence ReadSequence(Place place, int depth)
    {
        var sequence = new Sequence(place);
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
            sequence.Items.Add(ReadNode(depth + 1));
        return sequence;
    }

    private Mapping ReadMapping(Place place, int depth)
    {
        var mapping = new Mapping(place);
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var key = ReadNode(depth + 1);
            _parser.MoveNext();
            var value = ReadNode(depth + 1);
            if (key is not Scalar { Text: var name })
                _problems.Add(key.Place, "", "a key is a word, not a list or a map");
            else if (name == "<<")
                _problems.Add(key.Place, name, "merge keys ('<<') are not taken, write the keys out");
            else if (mapping.Entries.Find(e => e.Key == name) is { Value: not null } first)
                _problems.Add(key.Place, name, $"duplicate key '{name}', it already stands in line {first.Place.Line}");
            else
                mapping.Set(name, key.Place, value);
        }
        return mapping;
    }

    private void RefuseDecoration(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty)
            _problems.Add(At(node.Start), "", $"anchors are not taken, remove '&{node.Anchor.Value}' (or put the value in quotes if it begins with &)");
        if (!node.Tag.IsEmpty)
            _problems.Add(At(node.Start), "", "tags are not taken, remove the '!' and its word (or put the value in quotes if it begins with !)");
    }

    private static string AliasMessage(string text) =>
        text.StartsWith("*.", StringComparison.Ordinal) && text.Length > 2
            ? $"{text} without quotes is a YAML alias: write \"{text}\" in quotes, or {text[1..]} for the domain and all below it"
            : text.Length > 1
                ? $"{text} without quotes is a YAML alias, which is not taken: write the value out, or \"{text}\" in quotes"
                : "* without quotes begins a YAML alias: write \"*\" in quotes";

    private void AddSyntax(Mark start, Mark end, string said)
    {
        var lines = _text.Split('\n');
        var found = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!said.Contains(" tab ", StringComparison.Ordinal) || TabIndent().Match(lines[i]) is not { Success: true } tab)
                continue;
            _problems.Add(new Place(_file, i + 1, tab.Length), "", "a tab stands where YAML wants spaces: indent with spaces");
            found = true;
        }
        if (found)
            return;
        foreach (var number in new[] { (int)start.Line, (int)end.Line }.Distinct())
        {
            if (number < 1 || number > lines.Length || BracketedAddress().Match(lines[number - 1]) is not { Success: true } match)
                continue;
            var address = match.Groups[1];
            _problems.Add(new Place(_file, number, address.Index + 1), "",
                $"{address.Value} without quotes begins a YAML list: write \"{address.Value}\" in quotes");
            return;
        }
        var line = start.Line >= 1 && start.Line <= lines.Length ? lines[(int)start.Line - 1] : "";
        var rest = start.Column >= 1 && start.Column <= line.Length ? line[(int)(start.Column - 1)..] : "";
        _problems.Add(At(start), "", StarredWord().Match(rest) is { Success: true } star
            ? AliasMessage(star.Value)
            : $"this is not YAML: {Sentence(said)}");
    }

    // "While parsing a block mapping, did not find expected key." -> "did not find expected key (while parsing a block mapping)"
    private static string Sentence(string said)
    {
        var text = said.TrimEnd('.');
        var comma = text.IndexOf(", ", StringComparison.Ordinal);
        return text.StartsWith("While ", StringComparison.Ordinal) && comma > 0
            ? $"{text[(comma + 2)..].Trim()} (w{text[1..comma]})"
            : text;
    }

    private Place At(Mark mark) => new(_file, Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));

    [GeneratedRegex(@"^ *\t")]
    private static partial Regex TabIndent();

    [GeneratedRegex(@"(?:[:,\[{-]\s+|\[)(\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]:\d+)")]
    private static partial Regex BracketedAddress();

    [GeneratedRegex(@"^\*[^\s,\]}]*")]
    private static partial Regex StarredWord();
}
