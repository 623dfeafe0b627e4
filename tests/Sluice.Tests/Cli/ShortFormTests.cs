using Sluice.Cli;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Tests.Cli;

public class ShortFormTests
{
    [Fact]
    public void HttpWithAllFlags_IsTheSameConfigurationAsAFile()
    {
        var block = Path.GetTempFileName();
        var c = new ShortForm
        {
            Kind = "reverse",
            Listen = "127.0.0.1:0",
            To = "http://127.0.0.1:5678",
            Block = block,
            Allow = ["127.0.0.0/8", "10.0.0.0/8"],
            Log = "-",
            LogFormat = "squid",
            CacheMemory = "64MiB",
        }.Load().Configuration!;
        File.Delete(block);

        var listener = Assert.Single(c.Listeners);
        Assert.Equal((ListenerKind.Reverse, new HostPort("127.0.0.1", 5678), 2), (listener.Kind, listener.To!.Value, listener.Allow.Count));
        Assert.Equal([new LogOutputOptions { Format = LogFormat.Squid }], c.Log.Access);
        Assert.Equal(64 << 20, c.Cache.MemoryBytes);
        var policy = Assert.Single(c.Policies);
        Assert.Equal(policy.Name, listener.Policy);
        Assert.True(policy.DefaultAllows);
        Assert.Equal((RuleAction.Deny, block), (policy.Rules[0].Action, policy.Rules[0].HostsFile));
    }

    [Fact]
    public void WrongFlags_AreAllToldByTheirNames()
    {
        var loaded = new ShortForm
        {
            Kind = "forward",
            Listen = "0.0.0.0:0",
            Block = "/no/such/list",
            LogFormat = "jsn",
            CacheMemory = "5",
            Allow = [],
        }.Load();
        Assert.Null(loaded.Configuration);
        Assert.Equal(
        [
            "--block: '/no/such/list' cannot be read: there is no such file",
            "--listen: '0.0.0.0:0' would be an open relay for everyone who reaches it: add --allow 10.0.0.0/8 with your client networks, or bind to 127.0.0.1:0",
            "--log-format: 'jsn' is not known, did you mean 'json'?",
        ], loaded.Problems.Select(p => p.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1", "--to: '127.0.0.1' has no port, write for example 127.0.0.1:5678")]
    [InlineData("127.0.0.1", "127.0.0.1:1", "--listen: '127.0.0.1' has no port, write 127.0.0.1:3128")]
    public void WrongRelay_IsToldByItsFlag(string listen, string to, string problem) =>
        Assert.Equal(problem, Assert.Single(new ShortForm { Kind = "tcp", Listen = listen, To = to }.Load().Problems).ToString());

    [Fact]
    public void WrongNetwork_IsToldByItsFlag() =>
        Assert.Equal("--allow: '10.0.0.0/33' is not a network, the number after / is 0 to 32",
            Assert.Single(new ShortForm { Kind = "forward", Listen = "127.0.0.1:0", Allow = ["10.0.0.0/33"] }.Load().Problems).ToString());
}
