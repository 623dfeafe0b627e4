using System.Net;
using Sluice.Forwarding;
using Sluice.Forwarding.Subscribed;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Forwarding;

/// <summary>Where a list is asked for: redirects, and addresses that are not dialled.</summary>
public class ListFetchTests
{
    [Fact]
    public async Task Redirects_AreFollowed()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Target switch
        {
            "/1" => x.ReplyAsync(301, "", "Location: /2"),
            "/2" => x.ReplyAsync(302, "", "Location: 3?x"),
            "/3?x" => x.ReplyAsync(307, "", $"Location: http://{x.Head["Host"]}/4"),
            _ => x.ReplyAsync(200, "a.test\n"),
        });
        await using var scene = new SubscriptionScene(origin.Url("/1"));
        await scene.StartAsync();
        Assert.Equal("a.test\n", scene.Copy);
        Assert.Equal(4, origin.Requests.Count);
    }

    [Theory]
    [InlineData("http://a.test/x", "https://b.test/y", "https://b.test/y")]
    [InlineData("https://a.test/x", "/y", "https://a.test/y")]
    [InlineData("https://a.test/x", "//b.test/y", "https://b.test/y")]
    [InlineData("https://a.test/x", "http://a.test/y", "It is redirected from https to http, where anybody on the way can change it")]
    [InlineData("https://a.test/x", "file:///etc/passwd", "It is redirected to the scheme 'file'")]
    [InlineData("https://a.test/x", "https://", "It is redirected to nowhere")]
    [InlineData("https://a.test/x", null, "It is redirected to nowhere")]
    public void Redirect_IsFollowedOrRefused(string from, string? location, string expected)
    {
        string found;
        try
        {
            found = ListFetch.Next(new Uri(from), location, 0).AbsoluteUri;
        }
        catch (NotTaken e)
        {
            found = e.Message;
        }
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("93.184.216.34", "127.0.0.1", false)]
    [InlineData("93.184.216.34", "169.254.169.254", false)]
    [InlineData("93.184.216.34", "10.0.0.1", false)]
    [InlineData("93.184.216.34", "93.184.216.35", true)]
    [InlineData("10.0.0.1", "10.0.0.2", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("10.0.0.1", "192.0.2.1:3128", false)]
    public void WhoIsOutside_RedirectsNobodyInside(string from, string to, bool admitted)
    {
        using var upstream = new UpstreamPool(new Dialer(TimeProvider.System), Proxy.UpstreamOptionsOf(new LimitOptions()), TimeProvider.System);
        var fetch = new ListFetch(upstream, guard => new AddressRules([IPEndPoint.Parse("192.0.2.1:3128")], [], guard), 1, TimeProvider.System);
        var destination = IPEndPoint.Parse(to);
        if (destination.Port == 0)
            destination.Port = 80;
        Assert.Equal(admitted, fetch.RulesAfter(IPEndPoint.Parse($"{from}:80")).Admits(destination));
    }

    [Fact]
    public async Task OurOwnListener_IsNeverAskedForAList()
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var origin = ScriptedOrigin.With("a.test\n");
        using var upstream = new UpstreamPool(new Dialer(TimeProvider.System), Proxy.UpstreamOptionsOf(new LimitOptions()), TimeProvider.System);
        var fetch = new ListFetch(upstream, guard => new AddressRules([proxy.EndPoint], [], guard), 100, TimeProvider.System);
        var e = await Assert.ThrowsAsync<NotTaken>(() => fetch.RunAsync(new Uri(proxy.Url), null, () => Stream.Null, _ => { }, TestContext.Current.CancellationToken).Within());
        Assert.StartsWith("The address of the server may not be reached", e.Message, StringComparison.Ordinal);
        Assert.NotNull(await fetch.RunAsync(new Uri(origin.Url()), null, () => Stream.Null, _ => { }, TestContext.Current.CancellationToken).Within());
    }
}
