using System.Net.Security;
using CsCheck;
using Sluice.Tests.Kit;
using Sluice.Tls;

namespace Sluice.Tests.Tls;

public class ClientHelloTests
{
    public static TheoryData<string, byte[], string> Rows => new()
    {
        { "one name", Hello.For("www.example.com"), "www.example.com" },
        { "case is none of a name's (RFC 6066 s.3)", Hello.For("WWW.Example.COM"), "www.example.com" },
        { "a name in punycode", Hello.For("xn--mnchen-3ya.example"), "xn--mnchen-3ya.example" },
        { "a name with an underscore", Hello.For("a_b.example"), "a_b.example" },
        { "no name", Hello.For(null), "-" },
        { "no extensions at all (RFC 5246 s.7.4.1.2)", Hello.Record(Hello.Message(null)), "-" },
        { "an empty list of extensions", Hello.Record(Hello.Message([])), "-" },
        { "ECH beside a name", Hello.For("front.example", Hello.GreaseEch()), "front.example ech" },
        { "ECH without a name", Hello.For(null, Hello.GreaseEch()), "- ech" },
        { "a hello of SSL 2 has no place for a name", [0x80, 46, 1, 3, 1, 0, 21, 0, 0, 0, 16, 0, 0, 0x39], "-" },
        { "SSL 2 that wants no better", [0x80, 46, 1, 0, 2, 0, 21], "-" },
        { "larger than a record (s.5.1)", Hello.Records(Hello.Message([Hello.Extension(21, new byte[20_000]), Hello.Sni("a.example")]), 1 << 14), "a.example" },
        { "in records of one octet", Hello.Records(Hello.Message([Hello.Sni("a.example")]), 1), "a.example" },
        { "in records that end within its header", Hello.Records(Hello.Message([Hello.Sni("a.example")]), 3), "a.example" },

        { "HTTP", "GET / HTTP/1.1\r\n"u8.ToArray(), "NotTls" },
        { "SSH", "SSH-2.0-x\r\n"u8.ToArray(), "NotTls" },
        { "a zero", [0], "NotTls" },
        { "type of a record, other major version", [22, 2, 0, 0, 1], "NotTls" },
        { "0x80 and no SSL 2", [0x80, 46, 4], "NotTls" },
        { "0x80 and a version that never was", [0x80, 46, 1, 0, 3], "NotTls" },
        { "a long header as QUIC's", [0xc3, 0, 0, 0, 1, 8], "NotTls" },

        { "a name with a dot at its end", Hello.For("www.example.com."), "Name" },
        { "an IPv4 address", Hello.For("192.0.2.1"), "Name" },
        { "an IPv4 address in one number", Hello.For("3221225985"), "Name" },
        { "an IPv4 address in hexadecimal", Hello.For("0xc0000201"), "Name" },
        { "an IPv6 address", Hello.For("2001:db8::1"), "Name" },
        { "an IPv6 address in brackets", Hello.For("[2001:db8::1]"), "Name" },
        { "octets above ASCII", Hello.For("m\u00fcnchen.example"), "Name" },
        { "a zero within", Hello.For("good.example\0.bad.example"), "Name" },
        { "a blank at its end", Hello.For("www.example.com "), "Name" },
        { "a star", Hello.For("*.example.com"), "Name" },
        { "an empty label", Hello.For("www..example.com"), "Name" },
        { "a port", Hello.For("www.example.com:443"), "Name" },
        { "an empty name", Hello.For(""), "Name" },
        { "254 octets", Hello.For(string.Join('.', Enumerable.Repeat(new string('a', 63), 3)) + "." + new string('a', 62)), "Name" },

        { "two names in a list", Hello.For(null, Hello.Extension(0, Hello.Vector16([.. Hello.HostName("a.example"), .. Hello.HostName("b.example")]))), "NameList" },
        { "a name of another type", Hello.For(null, Hello.Extension(0, Hello.Vector16(Hello.HostName("a.example", 1)))), "NameList" },
        { "a name of another type in front", Hello.For(null, Hello.Extension(0, Hello.Vector16([.. Hello.HostName("a.example", 1), .. Hello.HostName("b.example")]))), "NameList" },
        { "an empty list of names", Hello.For(null, Hello.Extension(0, [0, 0])), "NameList" },
        { "an empty extension, as servers send it", Hello.For(null, Hello.Extension(0, [])), "NameList" },
        { "octets behind the list", Hello.For(null, Hello.Extension(0, [.. Hello.Vector16(Hello.HostName("a.example")), 0])), "NameList" },
        { "two server_name extensions", Hello.For("a.example", Hello.Sni("b.example")), "RepeatedExtension" },
        { "ECH twice", Hello.For("a.example", Hello.GreaseEch(), Hello.GreaseEch()), "RepeatedExtension" },

        { "an alert in front, which some servers pass over", [.. Hello.Record([1, 0], 21), .. Hello.For("a.example")], "OtherRecord" },
        { "change_cipher_spec in front", [.. Hello.Record([1], 20), .. Hello.For("a.example")], "OtherRecord" },
        { "another record in between (s.5.1)", [.. Hello.Record([1]), .. Hello.Record([1, 0], 21)], "OtherRecord" },
        { "another major version in between", [.. Hello.Record([1]), 22, 2], "OtherRecord" },
        { "another message", Hello.Record(Hello.Message([Hello.Sni("a.example")], type: 2)), "OtherMessage" },
        { "a second hello in its record", Hello.Record([.. Hello.Message([]), .. Hello.Message([Hello.Sni("a.example")])]), "OtherMessage" },
        { "an empty record (s.5.1)", Hello.Record([]), "RecordLength" },
        { "an empty record in between", [.. Hello.Record([1]), .. Hello.Record([])], "RecordLength" },
        { "a record of more than 16 KiB", [22, 3, 1, 0x40, 1, 1], "RecordLength" },
        { "a length of 16 MiB", Hello.Record([1, 0xff, 0xff, 0xff]), "TooLarge" },
        { "extensions longer than the message", Longer(Hello.Message([Hello.Sni("a.example")])), "Lengths" },
        { "a message that ends within the suites", Hello.Record([1, 0, 0, 36, 3, 3, .. new byte[32], 0, 0]), "Lengths" },
        { "a session of 33 octets", Hello.Record([1, 0, 0, 74, 3, 3, .. new byte[32], 33, .. new byte[33], 0, 2, 0, 1, 1, 0]), "Lengths" },
        { "half a cipher suite", Hello.Record([1, 0, 0, 42, 3, 3, .. new byte[32], 0, 0, 3, 0, 1, 2, 1, 0]), "Lengths" },
        { "no compression, not even none", Hello.Record([1, 0, 0, 41, 3, 3, .. new byte[32], 0, 0, 2, 0, 1, 0, 9]), "Lengths" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Hello_IsReadWholeByteByByteAndWithMoreBehindIt(string what, byte[] octets, string expected)
    {
        Assert.Equal((what, expected), (what, Read(octets)));
        // Of every beginning more is needed, until it is decided; then it stays so.
        var first = Enumerable.Range(1, octets.Length).First(length => Read(octets.AsSpan(0, length)) != "NeedMore");
        Assert.Equal((expected, first), ReadByteByByte(octets));
        for (var length = first; length <= octets.Length; length++)
            Assert.Equal(expected, Read(octets.AsSpan(0, length)));
        foreach (var more in (byte[][])[[0], [22], [.. Enumerable.Repeat((byte)0xff, 100)], Hello.For("other.example")])
            Assert.Equal(expected, Read([.. octets, .. more]));
    }

    [Fact]
    public void HelloThatDoesNotEnd_IsTooLargeAtItsLimit()
    {
        var octets = Hello.Records([1, 0, 0x70, 0, .. new byte[0x7000]], 1);
        Assert.Equal("NeedMore", Read(octets.AsSpan(0, ClientHelloParser.MostOctets - 1)));
        Assert.Equal("TooLarge", Read(octets.AsSpan(0, ClientHelloParser.MostOctets)));
        Assert.Equal("TooLarge", Read(Hello.Record([1, 0, 0x7f, 0xfd])));
        Assert.Equal("NeedMore", Read(Hello.Record([1, 0, 0x7f, 0xfc])));
    }

    [Fact]
    public void AnyOctets_AreReadWithoutAThrow() =>
        Gen.Byte.Array[0, 400].Sample(octets => Read(octets).Length > 0, iter: 20_000);

    [Fact]
    public void HelloWithOctetsChanged_IsReadWithoutAThrow() =>
        Gen.Select(Gen.Int[0, 400].Array[1, 4], Gen.Byte.Array[4], Gen.Int[0, 400], Gen.Int[1, 200]).Sample(
            (places, values, length, each) =>
            {
                var octets = Hello.Records(Hello.Message([Hello.Sni("www.example.com"), Hello.GreaseEch()]), each);
                for (var i = 0; i < places.Length; i++)
                    octets[places[i] % octets.Length] = values[i];
                return Read(octets.AsSpan(0, Math.Min(length + 1, octets.Length))).Length > 0;
            }, iter: 20_000);

    [Fact]
    public void AnyNameInAnyRecords_IsTheNameReadAndNothingBehindItIsLookedAt() =>
        Gen.Select(Gen.Char["abcxyz019-"].Array[1, 20], Gen.Int[1, 300], Gen.Byte.Array[0, 50], Gen.Int[0, 5]).Sample(
            (label, each, more, extensions) =>
            {
                var name = $"{new string(label)}.example";
                var message = Hello.Message([.. Enumerable.Range(100, extensions).Select(type => Hello.Extension((ushort)type, new byte[type])), Hello.Sni(name)]);
                var octets = Hello.Records(message, each);
                return Read([.. octets, .. more]) == name && ReadByteByByte(octets) == (name, octets.Length) && Read(octets.AsSpan(0, octets.Length - 1)) == "NeedMore";
            }, iter: 2_000);

    [Theory]
    [InlineData("www.example.com", "www.example.com")]
    [InlineData("192.0.2.1", "-")]
    public async Task HelloOfThePlatform_NamesItsTarget(string target, string expected)
    {
        var said = new MemoryStream();
        await using var tls = new SslStream(new TwoWay(said));
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync(target).Within());
        Assert.Equal(expected, Read(said.ToArray()));
    }

    private static (string Outcome, int Octets) ReadByteByByte(byte[] octets)
    {
        var parser = new ClientHelloParser();
        for (var length = 1; ; length++)
            if (Read(ref parser, octets.AsSpan(0, length)) is not "NeedMore" and var outcome)
                return (outcome, length);
    }

    private static string Read(ReadOnlySpan<byte> octets)
    {
        var parser = new ClientHelloParser();
        return Read(ref parser, octets);
    }

    private static string Read(ref ClientHelloParser parser, ReadOnlySpan<byte> octets) => parser.Read(octets, out var hello, out var fault) switch
    {
        HelloStep.Hello => $"{hello.ServerName ?? "-"}{(hello.HasEch ? " ech" : "")}",
        HelloStep.Malformed => $"{fault}",
        var step => $"{step}",
    };

    private static byte[] Longer(byte[] message)
    {
        // The length of its only extension, from the end: name, its length and type, list, extension.
        message[^("a.example".Length + 7)]++;
        return Hello.Record(message);
    }

    /// <summary>Keeps what is written, and has nothing to read.</summary>
    private sealed class TwoWay(MemoryStream written) : MemoryStream([])
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => written.WriteAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => written.Write(buffer, offset, count);
    }
}
