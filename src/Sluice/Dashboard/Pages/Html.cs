using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sluice.Dashboard.Pages;

/// <summary>A piece of HTML. It is made by interpolation alone, <c>Html.Of($"&lt;b&gt;{name}&lt;/b&gt;")</c>, and every hole is encoded unless it is Html itself: no text from the wire can
/// become markup. Holes stand between tags or in attributes with double quotes, nowhere else (docs/decisions/0026).</summary>
internal readonly struct Html
{
    private readonly string? _text;

    private Html(string text) => _text = text;

    public static Html Empty => default;

    public bool IsEmpty => string.IsNullOrEmpty(_text);

    public static Html Of(HtmlText text) => new(text.ToString());

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces));

    public static Html Join(Html between, IEnumerable<Html> pieces) => new(string.Join(between._text, pieces));

    public override string ToString() => _text ?? "";
}

/// <summary>What the compiler makes of an interpolated string that is to be <see cref="Html"/>.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlText(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + formattedCount * 16);

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(Html html) => _text.Append(html.ToString());

    public void AppendFormatted(IEnumerable<Html> pieces)
    {
        foreach (var piece in pieces)
            _text.Append(piece.ToString());
    }

    public void AppendFormatted(string? text) => Encode(text);

    public void AppendFormatted<T>(T value, string? format = null) where T : struct, IFormattable => Encode(value.ToString(format, CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();

    /// <summary>The five characters that mean something; control characters as their pictures, and what turns the direction of text by its number, so that a person sees that they are there.</summary>
    private void Encode(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            _ = c switch
            {
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '&' => _text.Append("&amp;"),
                '"' => _text.Append("&quot;"),
                '\'' => _text.Append("&#39;"),
                < ' ' => _text.Append((char)('\u2400' + c)),
                '\u007f' => _text.Append('\u2421'),
                >= '\u0080' and < '\u00a0' or '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff' or (>= '\ud800' and <= '\udfff') =>
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => _text.Append(c),
            };
    }
}
