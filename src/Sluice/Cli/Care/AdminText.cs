using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Sluice.Cli.Care;

/// <summary>What the texts of the admin API's answers are made of.</summary>
internal static class AdminText
{
    // What is piped into a program is not broken into lines of a terminal's width.
    private const int WidthOfAPipe = 10_000;

    public static string Span(long seconds) => seconds switch
    {
        < 120 => $"{seconds}s",
        < 7200 => $"{seconds / 60}m",
        < 172_800 => $"{seconds / 3600}h",
        _ => $"{seconds / 86_400}d",
    };

    /// <summary>Fields come from others: no escape sequences onto a terminal, and nothing that turns the direction of text or hides in it.</summary>
    public static string Safe(string text) => text.Any(IsUnsafe) ? string.Concat(text.Select(c => !IsUnsafe(c) ? c.ToString() : c <= 0xff ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}")) : text;

    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    public static T Read<T>(JsonElement body) => body.Deserialize<T>(JsonSerializerOptions.Web)!;

    public static Table Plain(params string[] columns)
    {
        var table = new Table().NoBorder();
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column) { NoWrap = column != columns[^1], Padding = new Padding(0, 0, 2, 0) });
        return table;
    }

    public static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(c => new Text(Safe(c)).Overflow(Overflow.Fold))]);

    public static void Write(Table table) => Write(table, Console.Out);

    public static void Write(Table table, TextWriter to, string indent = "")
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = Console.IsOutputRedirected || to != Console.Out ? WidthOfAPipe : AnsiConsole.Profile.Width;
        console.Write(table);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
            to.WriteLine($"{indent}{line}".TrimEnd());
    }
}
