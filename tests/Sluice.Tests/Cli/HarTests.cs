using System.Globalization;
using System.Text.Json;
using CsCheck;
using Sluice.Records;
using Sluice.Tests.Records;
using Sluice.Tests.Records.History;

namespace Sluice.Tests.Cli;

/// <summary>HAR 1.2 by its specification, member by member: what must be there is, of its type, and nothing that the specification does not know but what begins with _.</summary>
public sealed class HarTests : IDisposable
{
    private static readonly Dictionary<string, (string Required, string Optional)> Shapes = new()
    {
        ["log"] = ("version:text creator:creator entries:entry*", "browser:creator pages:page* comment:text"),
        ["creator"] = ("name:text version:text", "comment:text"),
        ["entry"] = ("startedDateTime:time time:number request:request response:response cache:cache timings:timings", "pageref:text serverIPAddress:text connection:text comment:text"),
        ["request"] = ("method:text url:text httpVersion:text cookies:cookie* headers:pair* queryString:pair* headersSize:size bodySize:size", "postData:post comment:text"),
        ["response"] = ("status:size statusText:text httpVersion:text cookies:cookie* headers:pair* content:content redirectURL:text headersSize:size bodySize:size", "comment:text"),
        ["content"] = ("size:size mimeType:text", "compression:number text:text encoding:text comment:text"),
        ["pair"] = ("name:text value:text", "comment:text"),
        ["cookie"] = ("name:text value:text", "path:text domain:text expires:time httpOnly:flag secure:flag comment:text"),
        ["cache"] = ("", "beforeRequest:object afterRequest:object comment:text"),
        ["timings"] = ("send:number wait:number receive:number", "blocked:number dns:number connect:number ssl:number comment:text"),
    };

    private readonly HistoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task AnExchange_IsAnEntry()
    {
        var record = Sample.Miss();
        record.Url = "http://u:p@example.com/a.txt?x=1&y=a%20b+c&z";
        record.Fields = [new RecordedValue(new RecordedName("X-Request-Id", false), "17"), new RecordedValue(new RecordedName("ETag", true), "\"v1\"")];
        var entry = Assert.Single(await EntriesAsync(record));
        Assert.Equal(("2026-01-02T03:04:05.678Z", 12.346), (entry.GetProperty("startedDateTime").GetString(), entry.GetProperty("time").GetDouble()));
        var (request, response) = (entry.GetProperty("request"), entry.GetProperty("response"));
        Assert.Equal(("GET", "http://example.com/a.txt?x=1&y=a%20b+c&z", "HTTP/1.1"),
            (request.GetProperty("method").GetString(), request.GetProperty("url").GetString(), request.GetProperty("httpVersion").GetString()));
        Assert.Equal(["x=1", "y=a b c", "z="], Pairs(request.GetProperty("queryString")));
        Assert.Equal(["referer=http://example.com/", "user-agent=curl/8.0", "x-request-id=17"], Pairs(request.GetProperty("headers")));
        Assert.Equal(["content-type=text/plain; charset=utf-8", "etag=\"v1\""], Pairs(response.GetProperty("headers")));
        Assert.Equal((200, "OK", 1234, -1), (response.GetProperty("status").GetInt32(), response.GetProperty("statusText").GetString(), response.GetProperty("bodySize").GetInt32(), response.GetProperty("headersSize").GetInt32()));
        Assert.Equal((1234, "text/plain; charset=utf-8"), (response.GetProperty("content").GetProperty("size").GetInt32(), response.GetProperty("content").GetProperty("mimeType").GetString()));
        Assert.Equal((11, 1.346), (entry.GetProperty("timings").GetProperty("wait").GetDouble(), entry.GetProperty("timings").GetProperty("receive").GetDouble()));
        Assert.Equal("192.0.2.1", entry.GetProperty("serverIPAddress").GetString());
    }

    [Fact]
    public async Task WhatIsNoMessage_IsLeftOut()
    {
        var entries = await EntriesAsync(Sample.Miss(), Sample.Denied(), Sample.Tunnel(), Sample.Relay(), Sample.Bad());
        Assert.Equal([200, 403], entries.Select(entry => entry.GetProperty("response").GetProperty("status").GetInt32()));
        Assert.Equal("refused by ads", entries[1].GetProperty("comment").GetString());
    }

    [Fact]
    public async Task NoAnswer_HasTheStatus0()
    {
        var record = Sample.Miss();
        (record.Status, record.Error, record.ErrorDetail, record.TimeToFirstByte) = (0, "connection_refused", "192.0.2.1:80", null);
        var entry = Assert.Single(await EntriesAsync(record));
        Assert.Equal((0, "connection_refused: 192.0.2.1:80"), (entry.GetProperty("response").GetProperty("status").GetInt32(), entry.GetProperty("response").GetProperty("_error").GetString()));
    }

    [Fact]
    public async Task NoRecords_AreAHarWithoutEntries()
    {
        _scene.Write(Sample.Bad());
        Check("log", JsonDocument.Parse(await HarAsync(_scene)).RootElement.GetProperty("log"));
    }

    [Fact]
    public void Anything_IsAHar() => MadeRecords.Any.Array[1, 40].Sample(records =>
    {
        using var scene = new HistoryScene();
        scene.Write(records);
        using var har = JsonDocument.Parse(HarAsync(scene).GetAwaiter().GetResult());
        Check("log", har.RootElement.GetProperty("log"));
    }, iter: 40);

    private static Task<string> HarAsync(HistoryScene scene) => Called.OutputAsync("logs", "--history", scene.Path, "--format", "har");

    private async Task<List<JsonElement>> EntriesAsync(params ExchangeRecord[] records)
    {
        _scene.Write(records);
        var log = JsonDocument.Parse(await HarAsync(_scene)).RootElement.GetProperty("log");
        Check("log", log);
        Assert.Equal("1.2", log.GetProperty("version").GetString());
        return [.. log.GetProperty("entries").EnumerateArray()];
    }

    private static IEnumerable<string> Pairs(JsonElement pairs) => pairs.EnumerateArray().Select(pair => $"{pair.GetProperty("name").GetString()}={pair.GetProperty("value").GetString()}");

    private static void Check(string type, JsonElement value)
    {
        if (type.EndsWith('*'))
        {
            foreach (var item in value.EnumerateArray())
                Check(type[..^1], item);
        }
        else if (Shapes.TryGetValue(type, out var shape))
        {
            var (required, optional) = (Members(shape.Required), Members(shape.Optional));
            Assert.All(required.Keys, name => Assert.True(value.TryGetProperty(name, out _), name));
            Assert.Equal(value.EnumerateObject().Count(), value.EnumerateObject().Select(member => member.Name).Distinct().Count());
            foreach (var member in value.EnumerateObject().Where(member => !member.Name.StartsWith('_')))
                Check(required.GetValueOrDefault(member.Name) ?? optional[member.Name], member.Value);
            if (type == "entry")
                CheckTimings(value);
        }
        else
        {
            CheckValue(type, value);
        }
    }

    private static void CheckValue(string type, JsonElement value)
    {
        switch (type)
        {
            case "text":
                Assert.Equal(JsonValueKind.String, value.ValueKind);
                break;
            case "time":
                Assert.True(DateTimeOffset.TryParseExact(value.GetString(), "yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
                break;
            case "size":
                Assert.True(value.GetInt64() >= -1);
                break;
            case "number":
                Assert.True(value.GetDecimal() >= -1);
                break;
            default:
                Assert.Fail($"{type} is not written");
                break;
        }
    }

    // "The time value for the request must be equal to the sum of the timings", those of -1 left out.
    private static void CheckTimings(JsonElement entry)
    {
        var parts = entry.GetProperty("timings").EnumerateObject().Select(part => part.Value.GetDecimal()).ToList();
        Assert.Equal(entry.GetProperty("time").GetDecimal(), parts.Where(part => part >= 0).Sum());
    }

    private static Dictionary<string, string> Members(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(member => member.Split(':')).ToDictionary(member => member[0], member => member[1]);
}
