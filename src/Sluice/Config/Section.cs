namespace Sluice.Config;

/// <summary>
/// One map of the tree, read by the rows of a <see cref="KeyTable"/>. Making one tells of every key that is unknown
/// or missing; asking for a value tells what is wrong with it and then gives null, so that a reader goes on.
/// </summary>
internal sealed class Section
{
    private readonly string _path;
    private readonly KeyTable _keys;
    private readonly ProblemList _problems;

    /// <param name="node">The map.</param>
    /// <param name="path">In the table: <c>listeners[]</c>.</param>
    /// <param name="shown">In messages: <c>listeners[0]</c>.</param>
    /// <param name="keys">The table.</param>
    /// <param name="problems">Gathers what is wrong.</param>
    public Section(Mapping node, string path, string shown, KeyTable keys, ProblemList problems)
    {
        Node = node;
        Shown = shown;
        _path = path;
        _keys = keys;
        _problems = problems;
        var known = keys.Under(path).Select(k => k.Name).ToArray();
        foreach (var entry in node.Entries)
        {
            if (known.Contains(entry.Key))
                continue;
            _problems.Add(entry.Place, Keys.Join(shown, entry.Key), $"unknown key '{entry.Key}'{Nearest.Hint(entry.Key, known)}");
        }
        foreach (var missing in keys.Under(path).Where(k => k.Required && node[k.Name] is null))
            _problems.Add(node.Place, Keys.Join(shown, missing.Name), $"'{missing.Name}' is missing{Example(missing)}");
    }

    public Mapping Node { get; }

    /// <summary>The path in messages.</summary>
    public string Shown { get; }

    public Place Place => Node.Place;

    public bool Has(string name) => Node[name] is not null;

    /// <summary>Where the value stands, or the section where it is not written.</summary>
    public Place PlaceOf(string name) => Node[name]?.Place ?? Node.Place;

    public string KeyOf(string name) => Keys.Join(Shown, name);

    public void Problem(string name, string message) => _problems.AddValue(PlaceOf(name), KeyOf(name), message);

    /// <summary>About a value within one of its own.</summary>
    public void ProblemAt(Place place, string name, string message) => _problems.AddValue(place, KeyOf(name), message);

    public string? Text(string name) =>
        Word(name) is not { } scalar ? null
        : scalar.Text.Length == 0 ? Refuse(name, "is empty")
        : scalar.Text;

    public bool? Flag(string name)
    {
        if (Word(name) is not { } scalar)
            return null;
        if (scalar is { IsPlain: true, Text: "true" or "false" })
            return scalar.Text == "true";
        Refuse(name, $"'{scalar.Text}' is not true or false{(scalar.Text is "true" or "false" ? ", write it without quotes" : "")}");
        return null;
    }

    public long? Whole(string name)
    {
        if (Word(name) is not { } scalar)
            return null;
        if (scalar.IsPlain && long.TryParse(scalar.Text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
            return Bounded(name, number, scalar.Text);
        Refuse(name, $"'{scalar.Text}' is not a whole number, write {Bounds(Row(name))}{(scalar.IsPlain ? "" : " without quotes")}");
        return null;
    }

    public long? Size(string name) =>
        Value<long>(name, Values.Size) is { } bytes ? Bounded(name, bytes, Word(name)!.Text) : null;

    public TimeSpan? Duration(string name) => Value<TimeSpan>(name, Values.Duration);

    /// <summary>A duration without a timer behind it: 0 or up to 2^31 seconds.</summary>
    public TimeSpan? Age(string name) => Value<TimeSpan>(name, Values.Age);

    public T? Choice<T>(string name) where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return null;
        if (Row(name).Choices.Contains(text))
            return Enum.Parse<T>(text, ignoreCase: true);
        Refuse(name, $"'{text}' is not known{Nearest.Hint(text, Row(name).Choices)}");
        return null;
    }

    public T? Value<T>(string name, Parse<T> parse) where T : struct =>
        Word(name) is { } scalar && Read(scalar, KeyOf(name), parse, out var value) ? value : null;

    public T? Object<T>(string name, Parse<T> parse) where T : class =>
        Word(name) is { } scalar && Read(scalar, KeyOf(name), parse, out var value) ? value : null;

    /// <summary>A list of values; null where it is not written or not a list.</summary>
    public IReadOnlyList<T>? Many<T>(string name, Parse<T> parse)
    {
        if (Items(name, "a list") is not { } items)
            return null;
        var values = new List<T>();
        for (var i = 0; i < items.Count; i++)
        {
            var key = $"{KeyOf(name)}[{i}]";
            if (items[i] is not Scalar scalar)
                _problems.AddValue(items[i].Place, key, "is not a single value");
            else if (Read(scalar, key, parse, out var value))
                values.Add(value);
        }
        return values;
    }

    /// <summary>The same where it is a condition: one without values would match nothing.</summary>
    public IReadOnlyList<T> Some<T>(string name, Parse<T> parse)
    {
        if (Node[name] is Sequence { Items.Count: 0 })
            Problem(name, "is an empty list, which names nothing: remove it, or the rule");
        return Many(name, parse) ?? [];
    }

    public Section? Child(string name) => Node[name] switch
    {
        null => null,
        Mapping map => new Section(map, Keys.Join(_path, name), KeyOf(name), _keys, _problems),
        var other => RefuseNode(other, KeyOf(name), $"is not a map of keys{Known(Keys.Join(_path, name))}"),
    };

    /// <summary>The maps of a list.</summary>
    public IReadOnlyList<Section> List(string name)
    {
        var sections = new List<Section>();
        var items = Items(name, "a list, begin each item with '- '") ?? [];
        for (var i = 0; i < items.Count; i++)
        {
            var path = Keys.Join(_path, name) + "[]";
            var key = $"{KeyOf(name)}[{i}]";
            if (items[i] is Mapping map)
                sections.Add(new Section(map, path, key, _keys, _problems));
            else
                RefuseNode(items[i], key, $"is not a map of keys{Known(path)}");
        }
        return sections;
    }

    /// <summary>One map, or a list of such.</summary>
    public IReadOnlyList<Section> ChildOrList(string name)
    {
        if (Node[name] is not Sequence { Items: var items })
            return Child(name) is { } only ? [only] : [];
        var path = Keys.Join(_path, name);
        var sections = new List<Section>();
        for (var i = 0; i < items.Count; i++)
        {
            var key = $"{KeyOf(name)}[{i}]";
            if (items[i] is Mapping map)
                sections.Add(new Section(map, path, key, _keys, _problems));
            else
                RefuseNode(items[i], key, $"is not a map of keys{Known(path)}");
        }
        return sections;
    }

    /// <summary>The maps of a map from names.</summary>
    public IReadOnlyList<(string Name, Section Section)> Named(string name)
    {
        if (Node[name] is not { } node)
            return [];
        if (node is not Mapping named)
        {
            RefuseNode(node, KeyOf(name), "is not a map from names to maps of keys");
            return [];
        }
        var sections = new List<(string, Section)>();
        foreach (var entry in named.Entries)
        {
            var key = Keys.Join(KeyOf(name), entry.Key);
            if (entry.Value is Mapping map)
                sections.Add((entry.Key, new Section(map, Keys.Join(_path, name) + ".*", key, _keys, _problems)));
            else
                RefuseNode(entry.Value, key, $"is not a map of keys{Known(Keys.Join(_path, name) + ".*")}");
        }
        return sections;
    }

    private List<Node>? Items(string name, string what)
    {
        if (Node[name] is not { } node)
            return null;
        if (node is Sequence sequence)
            return sequence.Items;
        // A flag or a variable gives a list in one value.
        if (node is Scalar { Place.HasLine: false } scalar && Row(name).Kind is KeyKind.Networks or KeyKind.Ports or KeyKind.Words or KeyKind.Statuses or KeyKind.QueryNames)
            return [.. scalar.Text.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries).Select(t => new Scalar(scalar.Place, t))];
        RefuseNode(node, KeyOf(name), node is Scalar { IsNull: false, Text: var text } && Row(name).Kind is not KeyKind.Sections
            ? $"is not a list, write [{text}]"
            : $"is not {what}");
        return null;
    }

    private bool Read<T>(Scalar scalar, string key, Parse<T> parse, out T value)
    {
        var wrong = parse(scalar.Text, out value);
        if (wrong is not null)
            _problems.AddValue(scalar.Place, key, $"'{Values.Quotable(scalar.Text)}' {wrong}");
        return wrong is null;
    }

    private Scalar? Word(string name)
    {
        switch (Node[name])
        {
            case null:
                return null;
            case Scalar { IsNull: true }:
                Refuse(name, $"has no value{Example(Row(name))}");
                return null;
            case Scalar scalar:
                return scalar;
            case Sequence when Row(name).Kind is KeyKind.Bind or KeyKind.Destination:
                Refuse(name, "is a list: write an IPv6 address with its port in quotes, as in \"[::1]:80\"");
                return null;
            case var other:
                Refuse(name, other is Sequence ? "is a list, but takes a single value" : "is a map, but takes a single value");
                return null;
        }
    }

    private Key Row(string name) => _keys.Get(Keys.Join(_path, name));

    private long? Bounded(string name, long number, string text)
    {
        var row = Row(name);
        if (number >= row.Min && number <= row.Max)
            return number;
        Refuse(name, $"'{text}' is out of range, write {Bounds(row)}");
        return null;
    }

    private static string Bounds(Key row) => row switch
    {
        { Kind: KeyKind.Size, Max: long.MaxValue } => $"{row.Min} or more",
        { Kind: KeyKind.Size } => $"{Sizes.Text(row.Min)} to {Sizes.Text(row.Max)}",
        _ => $"{row.Min} to {row.Max}",
    };

    private static string Example(Key key) => key.Kind switch
    {
        _ when key.Example is { } example => $", write for example {key.Name}: {example}",
        KeyKind.Choice => $", write {key.Name}: {string.Join(" or ", key.Choices)}",
        KeyKind.Bind => $", write for example {key.Name}: 127.0.0.1:3128",
        KeyKind.Sections => $", write for example {key.Name}: [{{ kind: forward, bind: 127.0.0.1:3128 }}]",
        KeyKind.Path => $", write {key.Name}: PATH",
        KeyKind.Size => $", write for example {key.Name}: 256MiB",
        KeyKind.Duration => $", write for example {key.Name}: 30s",
        KeyKind.Text => $", write {key.Name}: and a name",
        _ => "",
    };

    private string Known(string path) =>
        $", known here: {string.Join(", ", _keys.Under(path).Select(k => k.Name))}";

    private string? Refuse(string name, string message)
    {
        Problem(name, message);
        return null;
    }

    private Section? RefuseNode(Node node, string key, string message)
    {
        _problems.AddValue(node.Place, key, message);
        return null;
    }
}
