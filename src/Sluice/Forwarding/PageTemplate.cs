using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Forwarding;

/// <summary>The page that tells a person why there is no answer: text with placeholders such as <c>{{reason}}</c>. Values are escaped for HTML. A line that has placeholders, none of which has a
/// value, is left out.</summary>
public sealed partial class PageTemplate
{
    /// <summary>What a template may name.</summary>
    public static readonly IReadOnlyList<string> Fields = ["status", "title", "reason", "url", "rule", "list", "error", "contact", "client", "user", "reference"];

    public static readonly PageTemplate Standard = new("""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{status}} {{title}}</title>
        <style>
        :root { color-scheme: light dark; --quiet: light-dark(#5c6670, #9aa5b1) }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem; color: light-dark(#1d2329, #e4e9ee); background: light-dark(#fff, #14181c) }
        h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 1.5rem }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.25rem; margin: 0 0 1.5rem }
        dt, small { color: var(--quiet) }
        dd { margin: 0; overflow-wrap: anywhere }
        </style>
        <h1>{{reason}}</h1>
        <dl>
        <dt>Address</dt><dd>{{url}}</dd>
        <dt>Rule</dt><dd>{{rule}}</dd>
        <dt>List</dt><dd>{{list}}</dd>
        <dt>Error</dt><dd>{{error}}</dd>
        <dt>User</dt><dd>{{user}}</dd>
        <dt>Questions</dt><dd>{{contact}}</dd>
        </dl>
        <p><small>{{status}} {{title}} · reference {{reference}} · Sluice</small></p>
        </html>

        """);

    private readonly string[] _lines;

    private PageTemplate(string text) => _lines = text.ReplaceLineEndings("\n").Split('\n');

    /// <returns>What is wrong with it, with its line from 1; null: nothing.</returns>
    public static (int Line, string Problem)? TryParse(string text, out PageTemplate template)
    {
        template = new PageTemplate(text);
        foreach (var (i, line) in template._lines.Index())
            foreach (Match placeholder in Placeholder().Matches(line))
                if (!Fields.Contains(placeholder.Groups[1].Value))
                    return (i + 1, $"'{placeholder.Value}' is not known, known are {string.Join(", ", Fields)}");
        return null;
    }

    /// <param name="valueOf">Of one of <see cref="Fields"/>; null: it has none.</param>
    /// <returns>UTF-8.</returns>
    public byte[] Fill(Func<string, string?> valueOf)
    {
        var page = new StringBuilder();
        foreach (var (i, line) in _lines.Index())
        {
            var (named, found) = (0, 0);
            var filled = Placeholder().Replace(line, placeholder =>
            {
                var value = valueOf(placeholder.Groups[1].Value);
                (named, found) = (named + 1, string.IsNullOrEmpty(value) ? found : found + 1);
                return WebUtility.HtmlEncode(value) ?? "";
            });
            if (named == 0 || found > 0)
                page.Append(filled).Append(i < _lines.Length - 1 ? "\n" : "");
        }
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    [GeneratedRegex(@"\{\{\s*([^{}]*?)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
