using Sluice.Net;

namespace Sluice.Tests.Net;

public class ResolvConfTests
{
    [Fact]
    public void File_IsReadAsTheManualSays()
    {
        var conf = ResolvConf.Parse("# a comment\n; another\ndomain old.test\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 \r\nnameserver nonsense\n"
            + "nameserver 192.0.2.3\nnameserver 192.0.2.4\nsearch a.test b.test.\noptions ndots:2 timeout:3 attempts:4 rotate edns0 ndots:x\n");
        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.3"], conf.Servers.Select(server => server.ToString()));
        Assert.Equal(["a.test", "b.test"], conf.Search);
        Assert.Equal((2, TimeSpan.FromSeconds(3), 4, true), (conf.Dots, conf.Timeout, conf.Attempts, conf.Rotates));
        Assert.Empty(ResolvConf.Parse("").Servers);
    }

    [Theory]
    [InlineData("printer", "printer.a.test. printer.b.test. printer.")]
    [InlineData("www.a", "www.a.a.test. www.a.b.test. www.a.")]
    [InlineData("www.x.org", "www.x.org. www.x.org.a.test. www.x.org.b.test.")]
    [InlineData("printer.", "printer.")]
    public void Name_IsAskedForInThisOrder(string name, string asked) =>
        Assert.Equal(asked, string.Join(' ', ResolvConf.Parse("search a.test b.test\noptions ndots:2").Candidates(name)));
}
