using System.Text;

namespace Sluice.Forwarding;

/// <summary>
/// Keeps the options of Connection through Kestrel. Where it finds exactly one of close, keep-alive and upgrade among
/// them, it replaces the whole value by that word, and the fields that Connection names (RFC 9110 s.7.6.1) are lost with it.
/// <para>So a value with a comma is decoded with a semicolon instead, which no option may hold: Kestrel then recognises
/// nothing in it. <see cref="Restore"/> undoes that, and whoever answers says close where close was asked for.</para>
/// </summary>
internal sealed class ConnectionFieldEncoding : Encoding
{
    public static readonly ConnectionFieldEncoding Instance = new();

    /// <summary>The value as it was sent; <paramref name="hidden"/>: Kestrel does not know of its options.</summary>
    public static string Restore(string value, out bool hidden)
    {
        hidden = value.Contains(';');
        return hidden ? value.Replace(';', ',') : value;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var count = Latin1.GetChars(bytes, byteIndex, byteCount, chars, charIndex);
        chars.AsSpan(charIndex, count).Replace(',', ';');
        return count;
    }

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => charCount;
}
