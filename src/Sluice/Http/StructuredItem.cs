using System.Runtime.CompilerServices;

namespace Sluice.Http;

/// <summary>Serialises one item of a structured field with its parameters (RFC 9651 s.4.1): as much of it as Proxy-Status
/// (RFC 9209) and Cache-Status (RFC 9211) need. Keys and tokens are constants of ours; texts may be anything.
/// <code>var item = new StructuredItem("sluice"); item.Token("fwd", "uri-miss"); item.True("stored"); item.Finish()</code></summary>
public ref struct StructuredItem
{
    private DefaultInterpolatedStringHandler _text;

    /// <param name="name">The item itself; written as a token where it is one, else as a string.</param>
    public StructuredItem(string name)
    {
        _text = new DefaultInterpolatedStringHandler(64, 0);
        TokenOrText(name);
    }

    /// <summary><c>;key</c>: the parameter is true.</summary>
    public void True(string key)
    {
        _text.AppendLiteral("; ");
        _text.AppendLiteral(key);
    }

    /// <summary><c>;key=token</c></summary>
    public void Token(string key, string token)
    {
        Key(key);
        _text.AppendLiteral(token);
    }

    /// <summary><c>;key=number</c></summary>
    public void Integer(string key, long number)
    {
        Key(key);
        // RFC 9651 s.4.1.4: fifteen digits at most
        _text.AppendFormatted(Math.Clamp(number, -999_999_999_999_999, 999_999_999_999_999));
    }

    /// <summary><c>;key="text"</c></summary>
    public void Text(string key, string text)
    {
        Key(key);
        Quoted(text);
    }

    /// <summary><c>;key=token</c> where the text is a token, else <c>;key="text"</c>.</summary>
    public void TokenOrText(string key, string text)
    {
        Key(key);
        TokenOrText(text);
    }

    /// <summary>The item as it stands in the field; the item is used up.</summary>
    public string Finish() => _text.ToStringAndClear();

    private void Key(string key)
    {
        True(key);
        _text.AppendLiteral("=");
    }

    private void TokenOrText(string text)
    {
        if (IsToken(text))
            _text.AppendLiteral(text);
        else
            Quoted(text);
    }

    // RFC 9651 s.4.1.6: printable ASCII; a string that is not would make the whole field void, so it loses the octets.
    private void Quoted(string text)
    {
        _text.AppendLiteral("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                _text.AppendFormatted('\\');
            _text.AppendFormatted(c is >= ' ' and <= '~' ? c : '?');
        }
        _text.AppendLiteral("\"");
    }

    // RFC 9651 s.3.3.4: a token begins with a letter or "*" and may hold ":" and "/".
    private static bool IsToken(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetter(text[0]) || text[0] == '*'))
            return false;
        foreach (var c in text)
            if (c is not (':' or '/') && !Grammar.IsToken([c]))
                return false;
        return true;
    }
}
