namespace Sluice.Cli.Top;

/// <summary>Text for a screen of that width, with ANSI's colours or without.</summary>
internal sealed class Ink(bool color, int width)
{
    public int Width => width;

    public static string Cut(string text, int width) => text.Length <= width ? text : width <= 1 ? "…" : $"{text[..(width - 1)]}…";

    public string Fit(string text) => Cut(text, width);

    public string Bold(string text) => Styled("1", text);

    public string Dim(string text) => Styled("2", text);

    public string Reversed(string text) => color ? Styled("7", text) : $"[{text.Trim()}]";

    public string Toned(string text, Tone tone) => tone switch
    {
        Tone.Good => Styled("32", text),
        Tone.Warning => Styled("33", text),
        Tone.Bad => Styled("31", text),
        _ => text,
    };

    private string Styled(string style, string text) => color && text.Length > 0 ? $"\e[{style}m{text}\e[0m" : text;
}
