using System.Text;
using Sluice.Policy;
using Sluice.Policy.Lists;

namespace Sluice.Tests.Policy.Lists;

public class FormatDetectionTests
{
    [Theory]
    [InlineData("", ListFormat.Lines)]
    [InlineData("# nothing but\n# comments\n", ListFormat.Lines)]
    [InlineData("a.test\nb.test", ListFormat.Lines)]
    [InlineData("*.a.test\n.b.test\n/banner/\nfile:*.exe\na.test/x", ListFormat.Lines)]
    [InlineData("192.0.2.7\n2001:db8::1 # ours\n", ListFormat.Lines)]
    [InlineData("a.test ## why\n## Heading ##\n### Part ###\n", ListFormat.Lines)]
    [InlineData("# a\n0.0.0.0 a.test", ListFormat.Hosts)]
    [InlineData("::1 localhost\r\n:: a.test\r\n", ListFormat.Hosts)]
    [InlineData("0 a.test\n", ListFormat.Hosts)]
    [InlineData("fe80::1%lo0 localhost\n127.0.0.1\ta.test b.test  ## phishing", ListFormat.Hosts)]
    [InlineData("address=/a.test/0.0.0.0\naddress=/b.test/", ListFormat.Dnsmasq)]
    [InlineData("# dnsmasq\nserver=/a.test/\n", ListFormat.Dnsmasq)]
    [InlineData("local=/a.test/", ListFormat.Dnsmasq)]
    [InlineData("$TTL 300\n@ IN SOA localhost. root.localhost. 1 2 3 4 5\na.test CNAME .\n", ListFormat.Rpz)]
    [InlineData("; zone\na.test 60 IN CNAME .", ListFormat.Rpz)]
    [InlineData("a.test A 0.0.0.0", ListFormat.Rpz)]
    [InlineData("[Adblock Plus 2.0]\na.test", ListFormat.Adblock)]
    [InlineData("\r\n[Adblock Plus 2.0]\r\n", ListFormat.Adblock)]
    [InlineData("! Title: x\na.test\nb.test\nc.test", ListFormat.Adblock)]
    [InlineData("||a.test^\n||b.test^$third-party\n", ListFormat.Adblock)]
    [InlineData("@@||a.test^", ListFormat.Adblock)]
    [InlineData("a.test##.banner\n##.ad\n###ad\na.test#@#.x\n", ListFormat.Adblock)]
    // The most lines decide; of as many, our own.
    [InlineData("a.test\nb.test\n0.0.0.0 c.test", ListFormat.Lines)]
    [InlineData("0.0.0.0 a.test\n0.0.0.0 b.test\nc.test", ListFormat.Hosts)]
    [InlineData("a.test\n||b.test^", ListFormat.Lines)]
    [InlineData("foo bar\n", ListFormat.Lines)]
    public void TheContent_TellsTheFormat(string content, ListFormat expected) =>
        Assert.Equal(expected, FormatDetection.Of(Encoding.UTF8.GetBytes(content)));
}
