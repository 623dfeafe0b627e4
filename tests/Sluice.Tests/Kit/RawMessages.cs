using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>A field line as it stood on the wire.</summary>
public readonly record struct RawField(string Name, string Value);

/// <summary>A start line and its fields, as they stood on the wire. Text is Latin-1 throughout: one char per octet.</summary>
public sealed record RawHead(string StartLine, IReadOnlyList<RawField> Fields)
{
    /// <summary>The value of the one line of that name; null where there is none. Two lines of that name fail the test.</summary>
    public string? this[string name] => Fields.SingleOrDefault(f => Same(f.Name, name)) is { Name: not null } field ? field.Value : null;

    public IReadOnlyList<string> All(string name) => [.. Fields.Where(f => Same(f.Name, name)).Select(f => f.Value)];

    public bool Has(string name) => Fields.Any(f => Same(f.Name, name));

    public override string ToString() => StartLine + "\r\n" + string.Concat(Fields.Select(f => $"{f.Name}: {f.Value}\r\n"));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a message's body ended (RFC 9112 s.6.3).</summary>
public enum BodyEnd
{
    None,
    Length,
    Chunked,
    Close,
}

/// <summary>A whole request, as an origin received it.</summary>
/// <param name="Raw">Every octet of it.</param>
public sealed record RawRequest(RawHead Head, byte[] Body, BodyEnd End, IReadOnlyList<RawField> Trailers, byte[] Raw)
{
    public string Method => Head.StartLine.Split(' ')[0];

    public string Target => Head.StartLine.Split(' ')[1];

    public string? this[string name] => Head[name];

    public string Text => Encoding.Latin1.GetString(Body);
}

/// <summary>A whole final response, as a client received it.</summary>
/// <param name="Interim">The 1xx responses before it.</param>
/// <param name="Chunks">The sizes of the chunks, where it came in chunks.</param>
public sealed record RawResponse(
    RawHead Head, byte[] Body, BodyEnd End, IReadOnlyList<RawField> Trailers, IReadOnlyList<RawHead> Interim, IReadOnlyList<int> Chunks)
{
    public int Status => StatusOf(Head);

    public string? this[string name] => Head[name];

    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>The status of a response's head; throws where the status line is not one (RFC 9112 s.4).</summary>
    public static int StatusOf(RawHead head)
    {
        var line = head.StartLine;
        if (!line.StartsWith("HTTP/1.", StringComparison.Ordinal) || line.Length < 13 || line[8] != ' ' || line[12] != ' ')
            throw new InvalidDataException($"no status line: '{line}'");
        return int.Parse(line.AsSpan(9, 3), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
    }
}
