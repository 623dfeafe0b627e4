using Sluice.Records;

namespace Sluice.Cli.Top;

internal enum TopPane
{
    Exchanges,
    Hosts,
    Clients,
    Rules,
    Tunnels,
    Upstreams,
}

/// <summary>What the person wants to see, and how each key changes that.</summary>
internal sealed record TopView
{
    public static readonly int[] Windows = [10, 60, 300, 900];

    private static readonly TopPane[] Panes = Enum.GetValues<TopPane>();

    public TopPane Pane { get; init; }

    /// <summary>The column by which each pane is sorted, an index of its sortable ones.</summary>
    public IReadOnlyList<int> Sorts { get; init; } = new int[Panes.Length];

    /// <summary>In seconds.</summary>
    public int Window { get; init; } = 60;

    public TopFilter Filter { get; init; } = TopFilter.None;

    /// <summary>The filter as it is being written; null: it is not.</summary>
    public string? Typed { get; init; }

    /// <summary>What is shown stays as it is.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Rows that have been scrolled past.</summary>
    public int Offset { get; init; }

    /// <summary>What is wrong with what was typed.</summary>
    public string? Message { get; init; }

    public int Sort => Sorts[(int)Pane];

    /// <summary>Null: that is the end.</summary>
    /// <param name="page">Rows of a page.</param>
    /// <param name="sortable">How many columns of this pane can be sorted by.</param>
    public TopView? Press(ConsoleKeyInfo key, int page, int sortable, DateTimeOffset now)
    {
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control })
            return null;
        if (Typed is not null)
            return Type(key, now);
        return key switch
        {
            { KeyChar: 'q' or 'Q' } => null,
            { KeyChar: >= '1' and <= '6' } => Show(Panes[key.KeyChar - '1']),
            { Key: ConsoleKey.Tab or ConsoleKey.RightArrow } => Show(Panes[((int)Pane + (key.Modifiers == ConsoleModifiers.Shift ? Panes.Length - 1 : 1)) % Panes.Length]),
            { Key: ConsoleKey.LeftArrow } => Show(Panes[((int)Pane + Panes.Length - 1) % Panes.Length]),
            { KeyChar: 's' or 'S' } when sortable > 0 =>
                this with { Sorts = [.. Sorts.Select((sort, pane) => pane == (int)Pane ? (sort + (key.KeyChar == 's' ? 1 : sortable - 1)) % sortable : sort)], Offset = 0 },
            { KeyChar: 'w' or 'W' } => this with { Window = Windows[(Array.IndexOf(Windows, Window) + 1) % Windows.Length] },
            { KeyChar: '/' } => this with { Typed = Filter.Text, Message = null },
            { KeyChar: 'p' or 'P' or ' ' } => this with { IsPaused = !IsPaused },
            { Key: ConsoleKey.Escape } => this with { Filter = TopFilter.None, Offset = 0, Message = null },
            { Key: ConsoleKey.DownArrow } => this with { Offset = Offset + 1 },
            { Key: ConsoleKey.UpArrow } => this with { Offset = Math.Max(0, Offset - 1) },
            { Key: ConsoleKey.PageDown } => this with { Offset = Offset + page },
            { Key: ConsoleKey.PageUp } => this with { Offset = Math.Max(0, Offset - page) },
            { Key: ConsoleKey.Home } => this with { Offset = 0 },
            _ => this,
        };
    }

    private TopView Show(TopPane pane) => this with { Pane = pane, Offset = 0 };

    private TopView Type(ConsoleKeyInfo key, DateTimeOffset now)
    {
        switch (key.Key)
        {
            case ConsoleKey.Escape:
                return this with { Typed = null, Message = null };
            case ConsoleKey.Backspace:
                return this with { Typed = Typed!.Length > 0 ? Typed[..^1] : "" };
            case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                return this with { Typed = "" };
            case ConsoleKey.Enter:
                return TopFilter.TryParse(Typed!, now, out var filter) is { } wrong
                    ? this with { Message = wrong }
                    : this with { Filter = filter, Typed = null, Message = null, Offset = 0 };
            default:
                return char.IsControl(key.KeyChar) ? this : this with { Typed = Typed + key.KeyChar, Message = null };
        }
    }
}

/// <summary>Words: a condition on records, such as <c>status=4xx</c>, is one of the exchanges; every other must stand in the row, in any case.</summary>
/// <param name="Conditions">Name and value, as the admin API takes them.</param>
internal sealed record TopFilter(string Text, IReadOnlyList<string> Words, IReadOnlyList<(string Name, string? Value)> Conditions)
{
    public static readonly TopFilter None = new("", [], []);

    /// <summary>What is wrong, a sentence; null: nothing is.</summary>
    public static string? TryParse(string text, DateTimeOffset now, out TopFilter filter)
    {
        filter = None;
        var (words, conditions, checkedFilter) = (new List<string>(), new List<(string, string?)>(), RecordFilter.All);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = word.IndexOf('=');
            if (equals <= 0 || !RecordFilter.Names.Contains(word[..equals]))
                words.Add(word);
            else if (RecordFilter.TryAdd(ref checkedFilter, word[..equals], word[(equals + 1)..], now) is { } wrong)
                return wrong;
            else
                conditions.Add((word[..equals], word[(equals + 1)..]));
        }
        filter = new TopFilter(string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries)), words, conditions);
        return null;
    }

    public bool Shows(IReadOnlyList<string> cells) => Words.All(word => cells.Any(cell => cell.Contains(word, StringComparison.OrdinalIgnoreCase)));
}
