using System.Globalization;
using Sluice.Cache;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>A proxy, an origin behind it, and one kept connection: what a request has brought is stored when the next is read.</summary>
internal sealed class RangeScene(RangeOrigin origin, RunningProxy proxy, bool reverse) : IAsyncDisposable
{
    public static readonly TheoryData<bool> Forms = [false, true];

    public static readonly byte[] Digits = "0123456789"u8.ToArray();

    private RawConnection? _client;

    public RangeOrigin Origin => origin;

    public RunningProxy Proxy => proxy;

    public static async Task<RangeScene> StartAsync(bool reverse, byte[] content, CacheOptions? cache = null, TimeProvider? time = null)
    {
        var origin = new RangeOrigin(content);
        return new RangeScene(origin, reverse
            ? await RunningProxy.ReverseAsync(origin.Origin.EndPoint, cache: cache, time: time)
            : await RunningProxy.ForwardAsync(cache: cache, time: time), reverse);
    }

    public async Task<RawResponse> AskAsync(string method, params string[] fields)
    {
        _client ??= await proxy.ConnectAsync();
        await _client.SendAsync(
            $"{method} {(reverse ? Path : origin.Origin.Url(Path))} HTTP/1.1\r\nHost: {origin.Origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
        return await _client.ReadResponseAsync(method);
    }

    public string Path { get; set; } = "/";

    public Task<RawResponse> GetAsync(params string[] fields) => AskAsync("GET", fields);

    /// <summary>GET of a range; holds the octets, the status and Content-Range against the origin's content.</summary>
    public async Task<RawResponse> GetRangeAsync(int first, int last, params string[] fields)
    {
        var response = await GetAsync([$"Range: bytes={first}-{last}", .. fields]);
        Assert.Equal(206, response.Status);
        Assert.Equal($"bytes {first}-{last}/{origin.Content.Length}", response["Content-Range"]);
        Assert.True(origin.Content.AsSpan(first, last - first + 1).SequenceEqual(response.Body));
        return response;
    }

    /// <summary>The answer breaks off; what the client has until then is of one representation.</summary>
    public async Task<byte[]> ExpectBreakAsync(params string[] fields)
    {
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {(reverse ? Path : origin.Origin.Url(Path))} HTTP/1.1\r\nHost: {origin.Origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
        var head = await client.ReadHeadAsync();
        var got = new MemoryStream();
        try
        {
            while (await client.ReadSomeAsync() is { Length: > 0 } some)
                got.Write(some);
        }
        catch (IOException)
        {
            // Reset.
        }
        Assert.True(got.Length < int.Parse(head["Content-Length"]!, CultureInfo.InvariantCulture));
        return got.ToArray();
    }

    /// <summary>Where all octets may have gone before it shows that the answer is wrong: no other octets come.</summary>
    public async Task ExpectBreakOrWholeAsync(string whole)
    {
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {(reverse ? Path : origin.Origin.Url(Path))} HTTP/1.1\r\nHost: {origin.Origin.Authority}\r\nConnection: close\r\n\r\n");
        await client.WaitUntilGoneAsync();
        Assert.StartsWith(System.Text.Encoding.Latin1.GetString(client.Received).Split("\r\n\r\n")[1], whole, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        await proxy.DisposeAsync();
        await origin.DisposeAsync();
    }

    public static byte[] Random(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    public static void AssertHit(RawResponse response) => Assert.Contains("; hit", response["Cache-Status"]);
}
