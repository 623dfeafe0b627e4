using Sluice.Cli.Top;

namespace Sluice.Tests.Cli.Top;

public class TopViewTests
{
    public static TheoryData<string, string> Keys => new()
    {
        { "3", "Clients sort 0 window 60" },
        { "7", "Exchanges sort 0 window 60" },
        { "\t\t", "Clients sort 0 window 60" },
        { "←", "Upstreams sort 0 window 60" },
        { "←→", "Exchanges sort 0 window 60" },
        { "2ss", "Hosts sort 2 window 60" },
        { "2S", "Hosts sort 4 window 60" },
        { "2s3", "Clients sort 0 window 60" },
        { "2s32", "Hosts sort 1 window 60" },
        { "ss", "Exchanges sort 0 window 60" },
        { "w", "Exchanges sort 0 window 300" },
        { "www", "Exchanges sort 0 window 10" },
        { "p", "Exchanges sort 0 window 60 paused" },
        { "p ", "Exchanges sort 0 window 60" },
        { "↓↓↓↑", "Exchanges sort 0 window 60 offset 2" },
        { "↑", "Exchanges sort 0 window 60" },
        { "↓2", "Hosts sort 0 window 60" },
        { "/a", "Exchanges sort 0 window 60 typed 'a'" },
        { "/q1\b\n", "Exchanges sort 0 window 60 filter 'q'" },
        { "/a\n/b\n", "Exchanges sort 0 window 60 filter 'ab'" },
        { "/a\n\e", "Exchanges sort 0 window 60" },
        { "/a\n/b\e", "Exchanges sort 0 window 60 filter 'a'" },
        { "/status=9\n", "Exchanges sort 0 window 60 typed 'status=9' !" },
        { "/status=4xx\n", "Exchanges sort 0 window 60 filter 'status=4xx'" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Keys_ChangeWhatIsShown(string keys, string expected)
    {
        var view = new TopView();
        foreach (var key in keys)
            view = Press(view, KeyOf(key))!;
        Assert.Equal(expected, $"{view.Pane} sort {view.Sort} window {view.Window}"
            + (view.IsPaused ? " paused" : "") + (view.Offset > 0 ? $" offset {view.Offset}" : "") + (view.Filter.Text.Length > 0 ? $" filter '{view.Filter.Text}'" : "")
            + (view.Typed is { } typed ? $" typed '{typed}'" : "") + (view.Message is null ? "" : " !"));
    }

    [Fact]
    public void Quitting_IsByQOrCtrlC()
    {
        var control = new ConsoleKeyInfo('\x03', ConsoleKey.C, false, false, control: true);
        Assert.Null(Press(new TopView(), KeyOf('q')));
        Assert.Null(Press(new TopView(), control));
        Assert.Null(Press(new TopView { Typed = "" }, control));
        Assert.Equal("q", Press(new TopView { Typed = "" }, KeyOf('q'))!.Typed);
    }

    [Fact]
    public void Conditions_AreForTheProxyAndWordsForTheRows()
    {
        Assert.Null(TopFilter.TryParse(" foo  status=4xx a=b host=.example.com ", TimeProvider.System.GetUtcNow(), out var filter));
        Assert.Equal("foo status=4xx a=b host=.example.com", filter.Text);
        Assert.Equal(["foo", "a=b"], filter.Words);
        Assert.Equal([("status", "4xx"), ("host", ".example.com")], filter.Conditions.Select(condition => (condition.Name, condition.Value!)));
    }

    private static TopView? Press(TopView view, ConsoleKeyInfo key) => view.Press(key, 10, TopTable.SortableOf(view.Pane), TimeProvider.System.GetUtcNow());

    private static ConsoleKeyInfo KeyOf(char key) => key switch
    {
        '\t' => new(key, ConsoleKey.Tab, false, false, false),
        '←' => new('\0', ConsoleKey.LeftArrow, false, false, false),
        '→' => new('\0', ConsoleKey.RightArrow, false, false, false),
        '↓' => new('\0', ConsoleKey.DownArrow, false, false, false),
        '↑' => new('\0', ConsoleKey.UpArrow, false, false, false),
        '\b' => new(key, ConsoleKey.Backspace, false, false, false),
        '\n' => new('\r', ConsoleKey.Enter, false, false, false),
        '\e' => new(key, ConsoleKey.Escape, false, false, false),
        _ => new(key, char.IsAsciiLetter(key) ? ConsoleKey.A + (char.ToUpperInvariant(key) - 'A') : ConsoleKey.None, char.IsAsciiLetterUpper(key), false, false),
    };
}
