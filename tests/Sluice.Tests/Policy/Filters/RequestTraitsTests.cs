using Sluice.Http;
using Sluice.Policy.Filters;

namespace Sluice.Tests.Policy.Filters;

public class RequestTraitsTests
{
    [Theory]
    // Sec-Fetch-Dest (Fetch s.3.2) goes before all else.
    [InlineData("GET /x", "Sec-Fetch-Dest: document", "Document")]
    [InlineData("GET /x", "Sec-Fetch-Dest: iframe", "Frame")]
    [InlineData("GET /x", "Sec-Fetch-Dest: frame", "Frame")]
    [InlineData("GET /x", "Sec-Fetch-Dest: script", "Script")]
    [InlineData("GET /x", "Sec-Fetch-Dest: worker", "Script")]
    [InlineData("GET /x", "Sec-Fetch-Dest: serviceworker", "Script")]
    [InlineData("GET /x", "Sec-Fetch-Dest: style", "Stylesheet")]
    [InlineData("GET /x", "Sec-Fetch-Dest: image", "Image")]
    [InlineData("GET /x", "Sec-Fetch-Dest: font", "Font")]
    [InlineData("GET /x", "Sec-Fetch-Dest: audio", "Media")]
    [InlineData("GET /x", "Sec-Fetch-Dest: video", "Media")]
    [InlineData("GET /x", "Sec-Fetch-Dest: track", "Other")]
    [InlineData("GET /x", "Sec-Fetch-Dest: embed", "Object")]
    [InlineData("GET /x", "Sec-Fetch-Dest: manifest", "Other")]
    [InlineData("GET /x", "Sec-Fetch-Dest: a-new-one", "Other")]
    [InlineData("GET /x.js", "Sec-Fetch-Dest: empty|Accept: image/png", "Xhr")]
    [InlineData("POST /x", "Sec-Fetch-Dest: empty|Sec-Fetch-Mode: cors", "Xhr")]
    [InlineData("POST /x", "Sec-Fetch-Dest: empty|Sec-Fetch-Mode: no-cors", "Ping")]
    [InlineData("POST /x", "Ping-To: http://b.test/|Sec-Fetch-Dest: empty", "Ping")]
    [InlineData("GET /x", "Upgrade: WebSocket", "WebSocket")]
    [InlineData("GET /x", "Sec-Fetch-Dest: empty|Sec-Fetch-Mode: websocket", "WebSocket")]
    // Accept, as Chromium, Firefox and Safari send it.
    [InlineData("GET /x", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Document")]
    [InlineData("GET /x", "Accept: text/css,*/*;q=0.1", "Stylesheet")]
    [InlineData("GET /x", "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "Image")]
    [InlineData("GET /x", "Accept: application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8", "Font")]
    [InlineData("GET /x", "Accept: video/webm,video/ogg,video/*;q=0.9,*/*;q=0.5", "Media")]
    [InlineData("GET /x", "Accept: audio/webm,audio/ogg,*/*;q=0.5", "Media")]
    [InlineData("GET /x", "Accept: application/json, text/plain, */*", "Xhr")]
    [InlineData("GET /x", "Accept: text/event-stream", "Xhr")]
    [InlineData("GET /x", "Accept: text/plain", "Unknown")]
    [InlineData("GET /x.js", "Accept: text/plain", "Unknown")]
    [InlineData("GET /x.js", "X-Requested-With: XMLHttpRequest|Accept: */*", "Xhr")]
    // Where Accept says nothing, the path's ending.
    [InlineData("GET /x.js?v=1", "Accept: */*", "Script")]
    [InlineData("GET /x.JS", "", "Script")]
    [InlineData("GET /x.css", "", "Stylesheet")]
    [InlineData("GET /x.gif", "Accept: */*", "Image")]
    [InlineData("GET /x.woff2", "Accept: */*", "Font")]
    [InlineData("GET /x.mp4", "Accept: */*", "Media")]
    [InlineData("GET /x?y=.js", "Accept: */*", "Unknown")]
    [InlineData("GET /x", "", "Unknown")]
    public void Type_IsWhatTheFieldsSay(string line, string fields, string type) =>
        Assert.Equal(Enum.Parse<RequestType>(type), RequestTraits.TypeOf(Request(line, fields)));

    [Theory]
    [InlineData("Referer: https://www.page.test/x?y", "www.page.test")]
    [InlineData("Referer: http://page.test:8080/|Origin: http://other.test", "page.test")]
    [InlineData("Referer: http://user:x@page.test/", "page.test")]
    [InlineData("Referer: http://[2001:db8::1]:80/", "[2001:db8::1]")]
    [InlineData("Referer: about:blank|Origin: http://page.test", "page.test")]
    [InlineData("Origin: https://page.test", "page.test")]
    [InlineData("Origin: null", "")]
    [InlineData("Referer: /x", "")]
    [InlineData("", "")]
    public void Source_IsTheHostOfThePage(string fields, string host) =>
        Assert.Equal(host, RequestTraits.SourceOf(Request("GET /", fields).Fields).ToString());

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site", "Third")]
    [InlineData("Sec-Fetch-Site: same-site", "First")]
    [InlineData("Sec-Fetch-Site: same-origin", "First")]
    [InlineData("Sec-Fetch-Site: none", "First")]
    [InlineData("Sec-Fetch-Site: odd", "Unknown")]
    [InlineData("", "Unknown")]
    public void Party_IsWhatSecFetchSiteSays(string fields, string party) =>
        Assert.Equal(Enum.Parse<Party>(party), RequestTraits.PartyOf(Request("GET /", fields).Fields));

    [Theory]
    [InlineData(443, "https://ads.test/")]
    [InlineData(8443, "https://ads.test:8443/")]
    public void Connect_IsItsHost(int port, string url)
    {
        var request = FilterRequest.Of(new RequestHead
        {
            Method = "CONNECT",
            Target = new RequestTarget(TargetForm.Authority, "", "ads.test", port, ""),
            Version = ProtocolVersion.Http11,
            Fields = [],
        });
        Assert.True(request.IsHostOnly);
        Assert.Equal(url, request.Url.ToString());
    }

    private static RequestHead Request(string line, string fields)
    {
        var list = new FieldList();
        foreach (var field in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
            list.Add(field[..field.IndexOf(':', StringComparison.Ordinal)], field[(field.IndexOf(':', StringComparison.Ordinal) + 2)..]);
        return new RequestHead
        {
            Method = line.Split(' ')[0],
            Target = new RequestTarget(TargetForm.Absolute, "http", "a.test", 80, line.Split(' ')[1]),
            Version = ProtocolVersion.Http11,
            Fields = list,
        };
    }
}
