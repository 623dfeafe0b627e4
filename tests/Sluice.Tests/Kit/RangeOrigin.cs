using System.Globalization;

namespace Sluice.Tests.Kit;

/// <summary>An origin of one representation that honours Range and If-Range for one range, as RFC 9110 s.14.2 and s.13.1.5 have it. The
/// test changes what it has while it runs.</summary>
public sealed class RangeOrigin : IAsyncDisposable
{
    private readonly ScriptedOrigin _origin;

    public RangeOrigin(byte[] content)
    {
        Content = content;
        _origin = ScriptedOrigin.Start(AnswerAsync);
    }

    public byte[] Content { get; set; }

    /// <summary>The value of ETag, or null.</summary>
    public string? Tag { get; set; } = "\"v1\"";

    public List<string> Fields { get; } = ["Cache-Control: max-age=600", "Content-Type: text/plain"];

    /// <summary>Answers a request in its own way; false: as always.</summary>
    public Func<OriginExchange, Task<bool>>? Instead { get; set; }

    public ScriptedOrigin Origin => _origin;

    /// <summary>Of each request in turn: <c>Range If-Range If-None-Match</c>, as far as it has them.</summary>
    public IReadOnlyList<string> Asked =>
        [.. _origin.Requests.Select(r => string.Join(' ', new[] { r["Range"], r["If-Range"], r["If-None-Match"] }.Where(f => f is not null)))];

    /// <summary>Octets of bodies sent.</summary>
    public long Sent { get; private set; }

    public ValueTask DisposeAsync() => _origin.DisposeAsync();

    private async Task AnswerAsync(OriginExchange x)
    {
        if (Instead is { } instead && await instead(x))
            return;
        var fields = new List<string>(Fields);
        if (Tag is not null)
            fields.Add("ETag: " + Tag);
        if (Tag is not null && x.Head["If-None-Match"]?.Contains(Tag, StringComparison.Ordinal) == true)
            await x.ReplyAsync(304, "", [.. fields]);
        else if (x.Method != "GET" || x.Head["Range"] is not { } range || x.Head["If-Range"] is { } condition && condition != Tag)
            await SendAsync(x, 200, Content, fields);
        else if (Resolve(range, Content.Length) is not var (first, last))
            await SendAsync(x, 200, Content, fields);
        else if (first >= Content.Length)
            await x.ReplyAsync(416, "", $"Content-Range: bytes */{Content.Length}");
        else
            await SendAsync(x, 206, Content[first..(last + 1)], [.. fields, $"Content-Range: bytes {first}-{last}/{Content.Length}"]);
    }

    private Task SendAsync(OriginExchange x, int status, byte[] body, List<string> fields)
    {
        Sent += body.Length;
        return x.ReplyAsync(status, body, [.. fields]);
    }

    private static (int First, int Last)? Resolve(string range, int length)
    {
        var ends = range["bytes=".Length..].Split('-');
        if (ends.Length != 2)
            return null;
        if (ends[0] == "")
            return (Math.Max(0, length - Number(ends[1])), length - 1);
        return (Number(ends[0]), ends[1] == "" ? length - 1 : Math.Min(Number(ends[1]), length - 1));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
