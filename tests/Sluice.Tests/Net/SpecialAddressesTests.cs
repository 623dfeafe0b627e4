using System.Net;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

/// <summary>What addresses are for, in every way to write one in another.</summary>
public class SpecialAddressesTests
{
    [Theory]
    [InlineData("127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::7f00:1 64:ff9b:1:ffff::7f00:1", AddressClasses.Loopback)]
    [InlineData("2002:7f00:1:: 2002:7f00:1::5 2001:db8::5efe:127.0.0.1 2001:0:1:2:3:4:80ff:fffe fe80::200:5efe:7f00:1", AddressClasses.Loopback)]
    [InlineData("0.0.0.0 0.1.2.3 :: ::ffff:0.0.0.0", AddressClasses.ThisNetwork)]
    [InlineData("10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fc00::1 fdff::1 fec0::1 ::ffff:10.1.1.1 64:ff9b::a00:1", AddressClasses.Private)]
    [InlineData("169.254.0.0 169.254.255.255 fe80::1 febf::1 fe80::1%1 64:ff9b::a9fe:1", AddressClasses.LinkLocal)]
    [InlineData("169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254 ::ffff:169.254.169.254 2002:a9fe:a9fe::", AddressClasses.Metadata)]
    [InlineData("100.64.0.0 100.127.255.255 64:ff9b::6440:1", AddressClasses.Shared)]
    [InlineData("224.0.0.0 239.255.255.255 ff00:: ff02::1", AddressClasses.Multicast)]
    [InlineData("192.0.2.0 192.0.2.255 198.51.100.7 203.0.113.7 2001:db8:: 2001:db8:ffff::1 3fff::1 3fff:fff::1", AddressClasses.Documentation)]
    [InlineData("198.18.0.0 198.19.255.255 2001:2::1", AddressClasses.Benchmarking)]
    [InlineData("240.0.0.0 255.255.255.255 192.0.0.1 192.88.99.1 100:: 2001:10::1 2001:20::1 5f00::1", AddressClasses.Reserved)]
    public void SpecialAddress_IsOfItsClass(string addresses, AddressClasses expected)
    {
        foreach (var text in addresses.Split(' '))
            Assert.True((SpecialAddresses.ClassesOf(IPAddress.Parse(text)) & expected) != 0, $"{text}: {SpecialAddresses.ClassesOf(IPAddress.Parse(text))}");
    }

    [Theory]
    [InlineData("1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 169.253.255.255 169.255.0.0")]
    [InlineData("172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0")]
    [InlineData("198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8")]
    [InlineData("2606:4700::1111 2001:4860::8888 2001:200::1 2001:db7::1 2001:db9::1 3ffe::1 3fff:1000::1 64:ff9b::808:808 2002:808:808::1 ::ffff:8.8.8.8 2400::1")]
    public void OrdinaryAddress_IsOfNone(string addresses)
    {
        foreach (var text in addresses.Split(' '))
            Assert.True(SpecialAddresses.ClassesOf(IPAddress.Parse(text)) == AddressClasses.None, $"{text}: {SpecialAddresses.ClassesOf(IPAddress.Parse(text))}");
    }

    [Fact]
    public void WhatIsAllowed_MayBeDialledWhateverElseItIs()
    {
        var guard = new AddressGuard(
            new AddressSet(AddressClasses.None, [IPNetwork.Parse("10.1.2.0/24")]),
            new AddressSet(AddressClasses.Private, [IPNetwork.Parse("8.8.0.0/16"), IPNetwork.Parse("2400::/16")]));
        foreach (var (address, admits) in (IReadOnlyList<(string, bool)>)
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.1.3.3", false), ("8.8.8.8", false), ("64:ff9b::808:808", false), ("9.9.9.9", true), ("2400::1", false), ("127.0.0.1", true)])
            Assert.Equal((address, admits), (address, guard.Admits(IPAddress.Parse(address))));
    }

    [Fact]
    public void OurOwnListener_IsRefusedInEverySpelling()
    {
        var rules = new AddressRules([new IPEndPoint(IPAddress.Any, 3128)], [IPAddress.Parse("192.0.2.9")], null);
        foreach (var text in (string[])["192.0.2.9", "::ffff:192.0.2.9", "64:ff9b::c000:209", "2002:c000:209::1", "127.5.5.5", "0.0.0.0", "::"])
            Assert.Equal((text, false), (text, rules.Admits(new IPEndPoint(IPAddress.Parse(text), 3128))));
        Assert.True(rules.Admits(new IPEndPoint(IPAddress.Parse("192.0.2.9"), 3129)));
    }

    [Fact]
    public void Asking_AllocatesNothing()
    {
        var rules = new AddressRules([], [], new AddressGuard(AddressSet.Empty, AddressGuard.OnlyThisMachines));
        var (four, six) = (new IPEndPoint(IPAddress.Parse("8.8.8.8"), 80), new IPEndPoint(IPAddress.Parse("2606:4700::1"), 80));
        rules.Admits(four);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                Assert.True(rules.Admits(four) && rules.Admits(six));
        }));
    }
}
