using System.Text;
using CsCheck;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy.Lists;

public class FormatTests
{
    [Theory]
    [InlineData(ListFormat.Lines, "a.test\n\n# x\n.b.test # why\n*.c.test", "a.test:1 x.a.test:- b.test:4 x.b.test:4 c.test:- x.c.test:5")]
    [InlineData(ListFormat.Lines, "a.test\r\nb.test\r\n", "a.test:1 b.test:2")]
    [InlineData(ListFormat.Lines, "\uFEFFa.test\nb.test", "a.test:1 b.test:2")]
    [InlineData(ListFormat.Lines, "A.Test\nb.test.\n  c.test\t\nbücher.test\nxn--bcher-kva.example", "a.test:1 b.test:2 c.test:3 xn--bcher-kva.test:4 xn--bcher-kva.example:5")]
    [InlineData(ListFormat.Lines, "a.test\na.test\nA.test", "a.test:1")]
    [InlineData(ListFormat.Lines, "a.test", "a.test:1 b.test:-")]
    [InlineData(ListFormat.Lines, "", "a.test:-")]
    [InlineData(ListFormat.Hosts, "127.0.0.1 localhost\n0.0.0.0 a.test\n", "localhost:- a.test:2 x.a.test:-")]
    [InlineData(ListFormat.Hosts, "0.0.0.0 a.test b.test\tc.test # d.test\r\n", "a.test:1 b.test:1 c.test:1 d.test:-")]
    [InlineData(ListFormat.Hosts, "127.0.0.1\ta.test\n:: b.test\n::1 c.test\n0 d.test#x\n   0.0.0.0   e.test", "a.test:1 b.test:2 c.test:3 d.test:4 e.test:5")]
    [InlineData(ListFormat.Hosts, "0.0.0.0 A.Test\n0.0.0.0 bücher.test\n0.0.0.0 b.test.\n", "a.test:1 xn--bcher-kva.test:2 b.test:3")]
    [InlineData(ListFormat.Hosts, "255.255.255.255 broadcasthost\nfe80::1%lo0 LocalHost\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n0.0.0.0 local.test",
        "broadcasthost:- localhost:- ip6-allnodes:- 0.0.0.0:- local.test:5")]
    [InlineData(ListFormat.Dnsmasq, "# x\naddress=/a.test/0.0.0.0\naddress=/b.test/\naddress=/c.test/#\naddress=/d.test/::", "a.test:2 x.a.test:2 b.test:3 c.test:4 d.test:5 e.test:-")]
    [InlineData(ListFormat.Dnsmasq, "server=/a.test/\nlocal=/b.test/\r\naddress=/c.test/d.test/127.0.0.1 # two", "x.a.test:1 b.test:2 c.test:3 x.d.test:3")]
    [InlineData(ListFormat.Dnsmasq, "local=/.A.test/\nlocal=/bücher.test/", "a.test:1 x.a.test:1 www.xn--bcher-kva.test:2")]
    [InlineData(ListFormat.Rpz, "a.test CNAME .\n*.a.test CNAME .\nb.test 60 IN cname *.\nc.test IN 60 CNAME rpz-drop.", "a.test:1 x.a.test:2 b.test:3 x.b.test:- c.test:4")]
    [InlineData(ListFormat.Rpz, "a.test A 0.0.0.0\na.test AAAA ::\nb.test AAAA ::", "a.test:1 b.test:3")]
    [InlineData(ListFormat.Rpz, "$TTL 60\n$ORIGIN rpz.example.\n@ SOA ns. root. (\n 1 ; serial\n 2 3 4 5 )\n  NS localhost.\na.test.rpz.example. CNAME .\nb.test CNAME . ; x\nc.test. CNAME .",
        "a.test:7 b.test:8 c.test:9 ns:-")]
    public void EveryLine_NamesWhatItsFormatSays(ListFormat format, string content, string expected)
    {
        var list = Listed.Read(content);
        Assert.Equal(format, list.Format);
        Assert.Empty(list.Unread);
        Assert.Equal(expected, list.Say(string.Join(' ', expected.Split(' ').Select(each => each[..each.LastIndexOf(':')]))));
    }

    [Theory]
    [InlineData("a.test\nfoo bar\nb.test", "list:2: 'foo bar' has white space inside: write one entry a line")]
    [InlineData("a.test\n||b.test^\nc.test", "list:2: '||b.test^' is no host name, address, /part or file:name")]
    [InlineData("a.test\n0.0.0.0 b.test\nb.test", "list:2: '0.0.0.0 b.test' has white space inside: write one entry a line")]
    [InlineData("0.0.0.0 a.test\nb.test\n0.0.0.0 c.test", "list:2: 'b.test' is no address, with which a line of a hosts file begins")]
    [InlineData("0.0.0.0 a.test\n0.0.0.0 # x\n0.0.0.0 b.test", "list:2: '0.0.0.0' has no name behind it")]
    [InlineData("0.0.0.0 a.test\n10.1.2.3 nas.test", "list:2: '10.1.2.3' is an address of its own: such a line blocks nothing")]
    [InlineData("0.0.0.0 a..test b.test *.c.test", "list:1: 'a..test' is no host name")]
    [InlineData("0.0.0.0 a.test\n0.0.0.0 \u001b[2J", "list:2: '\\x1B[2J' is no host name")]
    [InlineData("local=/a.test/\nport=53\nlocal=/b.test/", "list:2: 'port=53' is no address=/, server=/ or local=/ of dnsmasq")]
    [InlineData("local=/a.test/\naddress=/b.test", "list:2: 'address=/b.test' has no '/' behind its domain")]
    [InlineData("local=/a.test/\naddress=/b.test/192.0.2.1", "list:2: 'address=/b.test/192.0.2.1' gives an address of its own: that blocks nothing")]
    [InlineData("local=/a.test/\nserver=/b.test/192.0.2.53", "list:2: 'server=/b.test/192.0.2.53' names another server: that blocks nothing")]
    [InlineData("local=/a.test/\nserver=/b.test/#", "list:2: 'server=/b.test/#' names another server: that blocks nothing")]
    [InlineData("local=/a.test/\naddress=/#/0.0.0.0", "list:2: 'address=/#/0.0.0.0' would match every host: for that write a rule without hosts")]
    [InlineData("local=/a.test/\naddress=/b*.test/", "list:2: 'b*.test' is no domain")]
    [InlineData("local=/a.test/\nserver=//", "list:2: '' is no domain")]
    [InlineData("local=/a.test/\nlocal=/192.0.2.1/", "list:2: '192.0.2.1' is no domain")]
    [InlineData("a.test CNAME .\nb.test CNAME rpz-passthru.", "list:2: 'b.test CNAME rpz-passthru.' is an exception: write it into an allow rule before this one")]
    [InlineData("a.test CNAME .\nb.test CNAME c.test.", "list:2: 'b.test CNAME c.test.' leads to another name: that blocks nothing")]
    [InlineData("a.test CNAME .\nb.test A 192.0.2.1", "list:2: 'b.test A 192.0.2.1' gives an address of its own: that blocks nothing")]
    [InlineData("a.test CNAME .\nb.test TXT x", "list:2: 'b.test TXT x' has no action that blocks")]
    [InlineData("a.test CNAME .\n32.7.2.0.192.rpz-ip CNAME .", "list:2: '32.7.2.0.192.rpz-ip' is not the name of a host: only these are compared")]
    [InlineData("a.test CNAME .\nb CNAME", "list:2: 'b CNAME' leads to another name: that blocks nothing")]
    [InlineData("a.test CNAME .\n  CNAME .", "list:2: 'CNAME .' names no host")]
    [InlineData("a.test CNAME .\n$INCLUDE x", "list:2: '$INCLUDE x' is not understood")]
    public void WhatBlocksNothing_IsReportedWithItsLine_AndTheOthersHold(string content, string problem)
    {
        var list = Listed.Read(content);
        Assert.Equal([problem], list.Unread.Select(each => each.ToString()));
        Assert.Equal(1, list.UnreadLines);
        Assert.True(list.Index.Count > 0);
    }

    [Fact]
    public void Latin1_IsReadLineByLine()
    {
        var list = Listed.Read([.. "bücher.test\n"u8, .. Encoding.Latin1.GetBytes("köln.test # sch\u0085ön\nz.test\n")]);
        Assert.Empty(list.Unread);
        Assert.Equal("xn--bcher-kva.test:1 xn--kln-sna.test:2 z.test:3", list.Say("xn--bcher-kva.test xn--kln-sna.test z.test"));
    }

    [Fact]
    public void OfManyLinesNotUnderstood_TheFirstAreKeptAndAllAreCounted()
    {
        var list = Listed.Read(string.Concat(Enumerable.Range(1, 250).Select(i => $"x y\na{i}.test\n")));
        Assert.Equal((250, 250, 100), (list.Index.Count, list.UnreadLines, list.Unread.Count));
        Assert.Equal(["list:199", "list"], list.Problems("list").TakeLast(2).Select(problem => problem.Where));
        Assert.Equal("150 more lines were not understood", list.Problems("list").Last().Text);
    }

    [Fact]
    public void ACanonicalName_IsOneInOctetsToo() =>
        Gen.String[Gen.Char["abz019.-_xA *:é"], 0, 12].Sample(text =>
            Assert.Equal(HostText.Canonical(text) == text && !HostText.IsAddress(text), HostText.IsCanonicalName(Encoding.UTF8.GetBytes(text))), iter: 20_000);

    /// <summary>A hosts file of 55,983 names as people use it, where SLUICE_TEST_DATA names a folder with it.</summary>
    [Fact]
    public async Task AHostsFileOfTheWorld_IsReadWhole()
    {
        var folder = Environment.GetEnvironmentVariable("SLUICE_TEST_DATA");
        var path = folder is null ? null : Directory.EnumerateFiles(folder, "stevenblack-hosts-*.xz", SearchOption.AllDirectories).FirstOrDefault();
        Assert.SkipWhen(path is null, "SLUICE_TEST_DATA names no folder with stevenblack-hosts-*.xz.");
        var content = await Xz.ReadAsync(path);
        var list = Listed.Read(content);
        Assert.Equal((ListFormat.Hosts, 55_983, 0), (list.Format, list.Index.Count, list.UnreadLines));
        Assert.InRange(list.Index.RetainedBytes / list.Index.Count, 20, 40);
        var lines = Encoding.UTF8.GetString(content).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["0.0.0.0", var host, ..] && host != "0.0.0.0")
                Assert.Contains($" {host}", $" {lines[list.Line(host) - 1].Split(' ')[1]}");
        }
        Assert.Equal(0, list.Line("example.com"));
    }
}
