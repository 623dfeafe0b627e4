namespace Sluice.Config;

/// <summary>A configuration as it was written, by a file, by flags or by variables: each piece knows its place.
/// All forms of starting build this tree, so that one reader and one set of checks serves them all.</summary>
internal abstract class Node(Place place)
{
    public Place Place { get; } = place;
}

/// <param name="place">Where it stands.</param>
/// <param name="text">Without quotes.</param>
/// <param name="isPlain">Written without quotes: only then <c>true</c> is a boolean and <c>5</c> a number (YAML 1.2 s.10.3.2).</param>
internal sealed class Scalar(Place place, string text, bool isPlain = true) : Node(place)
{
    public string Text { get; } = text;

    public bool IsPlain { get; } = isPlain;

    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed class Sequence(Place place) : Node(place)
{
    public List<Node> Items { get; } = [];
}

internal sealed class Mapping(Place place) : Node(place)
{
    public List<Entry> Entries { get; } = [];

    public Node? this[string key] => Entries.Find(e => e.Key == key).Value;

    public void Set(string key, Place place, Node value)
    {
        var at = Entries.FindIndex(e => e.Key == key);
        if (at < 0)
            Entries.Add(new Entry(key, place, value));
        else
            Entries[at] = new Entry(key, place, value);
    }

    /// <summary>Sets a value at a place that also is its key's, as a flag does; null: leaves it out.</summary>
    public Mapping With(string key, string flag, string? text)
    {
        if (text is not null)
            Set(key, Place.Of(flag), new Scalar(Place.Of(flag), text));
        return this;
    }
}

internal readonly record struct Entry(string Key, Place Place, Node Value);
