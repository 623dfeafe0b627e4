using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Checks;

/// <summary>What a client got for <c>/changing/N</c>.</summary>
/// <param name="Status">0: no whole answer.</param>
/// <param name="Fault">What is wrong with it: an answer that no origin ever gave.</param>
/// <param name="Stored">The proxy said that it came from its store.</param>
internal sealed record ChangingAnswer(int Status, Version? Version = null, string? Fault = null, bool Stored = false);

/// <summary>Asks for resources that change, and compares every byte with the version that the answer says it is.</summary>
internal sealed class ChangingClient(IPEndPoint proxy, Origin origin) : IDisposable
{
    public const string OnlyIfCached = "Cache-Control: only-if-cached\r\n";
    public const string Anew = "Cache-Control: no-cache\r\n";

    private const int BlockSize = 64 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Wire? _wire;

    public async Task<ChangingAnswer> AskAsync(int url, string fields)
    {
        try
        {
            return await TryAskAsync(url, fields).WaitAsync(Patience);
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            Dispose();
            return new ChangingAnswer(0);
        }
    }

    public void Dispose()
    {
        _wire?.Dispose();
        _wire = null;
    }

    private async Task<ChangingAnswer> TryAskAsync(int url, string fields)
    {
        _wire ??= await Wire.ConnectAsync(proxy, BlockSize);
        await _wire.SendAsync($"GET /changing/{url} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n");
        var head = await _wire.ReadHeadAsync() ?? throw new InvalidDataException("FIN");
        var status = int.Parse(head.AsSpan("HTTP/1.1 ".Length, 3), System.Globalization.CultureInfo.InvariantCulture);
        if (status != 200)
        {
            // Its body is a page: not compared, and the connection is not used again.
            Dispose();
            return new ChangingAnswer(status);
        }
        if (Version.Of(Wire.Field(head, "ETag")) is not { } version || version.Url != url || version.Number > origin.LastOf(url))
            return Wrong(head, "a version that there never was");
        if (Wire.Field(head, "Content-Length") != $"{version.Length}")
            return Wrong(head, $"a length other than {version.Length}");
        var check = new PatternCheck(version.Seed);
        await _wire.ReadBodyAsync(head, check);
        if (check.Fault(version.Length) is { } fault)
            return Wrong(head, fault);
        return new ChangingAnswer(200, version, Stored: Wire.Field(head, "Cache-Status")?.Contains("hit", StringComparison.Ordinal) == true);
    }

    private ChangingAnswer Wrong(string head, string what)
    {
        Dispose();
        return new ChangingAnswer(200, Fault: $"{what}: {head.ReplaceLineEndings(" | ")}");
    }
}
