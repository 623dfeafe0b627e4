using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Sluice.Policy;

/// <summary>A glob, in which <c>*</c> is any text and <c>?</c> one character, or, behind <c>regex:</c>, a regular expression that is found
/// anywhere. Neither backtracks: the time is bounded by the text's length.</summary>
public sealed class TextPattern : IEquatable<TextPattern>
{
    private const string RegexPrefix = "regex:";

    private readonly string _text;
    private readonly Regex? _regex;

    private TextPattern(string text, Regex? regex) => (_text, _regex) = (text, regex);

    public bool IsRegex => _regex is not null;

    /// <returns>Null; or what is wrong with it, to be said after it.</returns>
    public static string? TryParse(string text, out TextPattern pattern)
    {
        pattern = new TextPattern(text, null);
        if (text.Length == 0)
            return "is empty, write a glob such as *.example.com*";
        if (!text.StartsWith(RegexPrefix, StringComparison.Ordinal))
            return null;
        try
        {
            pattern = new TextPattern(text, new Regex(text[RegexPrefix.Length..], RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            return null;
        }
        catch (NotSupportedException)
        {
            return "needs backtracking (a look-around or a back reference), which can take for ever: write it without";
        }
        catch (ArgumentException e)
        {
            return $"is no regular expression: {e.Message}";
        }
    }

    /// <param name="ignoreCase">Of a glob; a regular expression says it itself: <c>regex:(?i)...</c>.</param>
    public bool Matches(ReadOnlySpan<char> text, bool ignoreCase) =>
        _regex?.IsMatch(text) ?? (text.IsEmpty ? _text.AsSpan().TrimStart('*').IsEmpty : FileSystemName.MatchesSimpleExpression(_text, text, ignoreCase));

    public bool Equals(TextPattern? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as TextPattern);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text;
}
