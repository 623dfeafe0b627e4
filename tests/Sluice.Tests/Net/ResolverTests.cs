using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Tests.Upstream;

namespace Sluice.Tests.Net;

/// <summary>What is known of a name, for how long, and who is asked.</summary>
public sealed class ResolverTests : IAsyncDisposable
{
    private const string Name = "www.school.test";

    private readonly NameServer _server = new();
    private readonly ManualTime _time = new();
    private readonly TempFolder _files = new();

    public ResolverTests()
    {
        Write("hosts", "192.0.2.1 fixed.test other.fixed.test # comment\n2001:db8::1\tFIXED.test\nnonsense\n");
        Write("resolv.conf", Conf(timeout: 20));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _files.Dispose();
    }

    /// <param name="timeout">Seconds of the real clock.</param>
    private static string Conf(int timeout) => $"nameserver 127.0.0.1\noptions timeout:{timeout} attempts:1\n";

    private void Write(string name, string text) => File.WriteAllText(_files.File(name), text);

    private Resolver Make(int mostNames = Resolver.MostNames) => new(_time, _files.File("hosts"), _files.File("resolv.conf"), _server.Port, mostNames);

    private void Say(int ttl, params string[] addresses) =>
        _server.Script = asked => new([.. addresses.Select(address => DnsRecord.Address(asked.Name, ttl, address))]) { Zone = (ttl, ttl) };

    private static async Task<string> AskAsync(Resolver resolver, string name = Name)
    {
        try
        {
            return string.Join(' ', (await resolver.ResolveAsync(name).AsTask().Within()).Select(address => address.ToString()));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
    }

    /// <summary>The server has been asked so often, for both types.</summary>
    private void HasAsked(int times) => Assert.Equal(2 * times, _server.Questions.Count);

    [Fact]
    public async Task Addresses_AreKeptForTheirTtl()
    {
        Say(100, "192.0.2.7", "2001:db8::7");
        var resolver = Make();
        Assert.Equal("2001:db8::7 192.0.2.7", await AskAsync(resolver));
        Say(100, "192.0.2.8");
        _time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal("2001:db8::7 192.0.2.7", await AskAsync(resolver, "WWW.School.TEST"));
        HasAsked(1);
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal("192.0.2.8", await AskAsync(resolver));
        HasAsked(2);
    }

    [Fact]
    public async Task LastTenthOfTheTtl_AsksAgainBesideTheAnswer()
    {
        Say(100, "192.0.2.7");
        var resolver = Make();
        await AskAsync(resolver);
        Say(100, "192.0.2.8");
        _time.Advance(TimeSpan.FromSeconds(91));
        Assert.Equal("192.0.2.7", await AskAsync(resolver));
        // Its own time is over, and the answer to the question of the last tenth is there or awaited.
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("192.0.2.8", await AskAsync(resolver));
        HasAsked(2);
    }

    [Fact]
    public async Task LeastTtlOfTheChain_Counts()
    {
        _server.Script = asked => new(
            DnsRecord.To(asked.Name, 50, "a.cdn.test"), DnsRecord.To("a.cdn.test", 10, "b.cdn.test"),
            DnsRecord.Address("b.cdn.test", 1000, "192.0.2.9"), DnsRecord.Address("b.cdn.test", 500, "2001:db8::9"),
            // Not of this name.
            DnsRecord.Address("evil.test", 1000, "192.0.2.66"));
        var resolver = Make();
        Assert.Equal("2001:db8::9 192.0.2.9", await AskAsync(resolver));
        _time.Advance(TimeSpan.FromSeconds(8));
        await AskAsync(resolver);
        HasAsked(1);
        _time.Advance(TimeSpan.FromSeconds(3));
        await AskAsync(resolver);
        HasAsked(2);
    }

    [Fact]
    public async Task CircleOfAliases_IsNoName()
    {
        _server.Script = asked => new(DnsRecord.To(asked.Name, 50, "b.test"), DnsRecord.To("b.test", 50, asked.Name)) { Zone = (5, 5) };
        Assert.Equal("HostNotFound", await AskAsync(Make()));
    }

    [Fact]
    public async Task TtlOfZero_IsNotKept()
    {
        Say(0, "192.0.2.7");
        var resolver = Make();
        await AskAsync(resolver);
        await AskAsync(resolver);
        HasAsked(2);
    }

    [Theory]
    [InlineData(3, 60, 30, 30)]
    [InlineData(3, 20, 3600, 20)]
    [InlineData(0, 60, 60, 60)]
    [InlineData(3, 7200, 7200, 300)]
    public async Task NameWithoutAddresses_IsKeptAsItsZoneSays(int code, int ttl, int minimum, int seconds)
    {
        _server.Script = _ => new() { Code = code, Zone = (ttl, minimum) };
        var resolver = Make();
        Assert.Equal("HostNotFound", await AskAsync(resolver));
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal("HostNotFound", await AskAsync(resolver));
        HasAsked(1);
        _time.Advance(TimeSpan.FromSeconds(2));
        Say(60, "192.0.2.7");
        Assert.Equal("192.0.2.7", await AskAsync(resolver));
    }

    [Fact]
    public async Task Failure_IsKeptForASecondThenTwo()
    {
        _server.Script = _ => DnsReply.Failure;
        var resolver = Make();
        Assert.Equal("NoRecovery", await AskAsync(resolver));
        Assert.Equal("NoRecovery", await AskAsync(resolver));
        HasAsked(1);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal("NoRecovery", await AskAsync(resolver));
        HasAsked(2);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal("NoRecovery", await AskAsync(resolver));
        HasAsked(2);
        _time.Advance(TimeSpan.FromSeconds(1));
        Say(60, "192.0.2.7");
        Assert.Equal("192.0.2.7", await AskAsync(resolver));
    }

    [Fact]
    public async Task SilentServer_IsSaidToBeThat()
    {
        Write("resolv.conf", Conf(timeout: 1));
        _server.Script = _ => DnsReply.Silence;
        Assert.Equal("TryAgain", await AskAsync(Make()));
    }

    [Fact]
    public async Task FailingServer_LeavesOldAddresses()
    {
        Say(100, "192.0.2.7");
        var resolver = Make();
        await AskAsync(resolver);
        _server.Script = _ => DnsReply.Failure;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("192.0.2.7", await AskAsync(resolver));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("192.0.2.7", await AskAsync(resolver));
        HasAsked(2);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("NoRecovery", await AskAsync(resolver));
    }

    [Fact]
    public async Task NameThatIsGone_LeavesNoOldAddresses()
    {
        Say(100, "192.0.2.7");
        var resolver = Make();
        await AskAsync(resolver);
        _server.Script = _ => DnsReply.NoName(60);
        _time.Advance(TimeSpan.FromSeconds(101));
        Assert.Equal("HostNotFound", await AskAsync(resolver));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OneFamilyThatFails_LeavesTheOtherForAWhile(bool isSilent)
    {
        _server.Script = asked => asked.Type == DnsRecord.A ? new(DnsRecord.Address(asked.Name, 1000, "192.0.2.7")) : isSilent ? DnsReply.Silence : DnsReply.Failure;
        var resolver = Make();
        var asking = AskAsync(resolver);
        // The other gets a little more time.
        await _time.AdvanceUntilAsync(asking, TimeSpan.FromMilliseconds(50));
        Assert.Equal("192.0.2.7", await asking);
        _time.Advance(TimeSpan.FromSeconds(11));
        Say(1000, "192.0.2.7", "2001:db8::7");
        Assert.Equal("2001:db8::7 192.0.2.7", await AskAsync(resolver));
    }

    [Fact]
    public async Task TruncatedAnswer_IsAskedForOverTcp()
    {
        _server.Script = asked => new(DnsRecord.Address(asked.Name, 60, "192.0.2.7")) { IsTruncated = true, Zone = (60, 60) };
        Assert.Equal("192.0.2.7", await AskAsync(Make()));
        Assert.Contains(_server.Questions, asked => asked.OverTcp);
    }

    [Fact]
    public async Task ManyAtOnce_AskOnce()
    {
        using var answer = new ManualResetEventSlim();
        _server.Script = asked =>
        {
            answer.Wait(Waiting.Limit);
            return new DnsReply(DnsRecord.Address(asked.Name, 60, "192.0.2.7")) { Zone = (60, 60) };
        };
        var resolver = Make();
        var dialer = new Dialer(resolver.ResolveAsync, _time);
        using var leaving = new CancellationTokenSource();
        var leaver = dialer.DialAsync(new HostPort(Name, 80), AddressRules.Any, TimeSpan.FromMinutes(1), leaving.Token).AsTask();
        var all = Enumerable.Range(0, 50).Select(_ => AskAsync(resolver)).ToList();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver.Within());
        answer.Set();
        Assert.All(await Task.WhenAll(all).Within(), addresses => Assert.Equal("192.0.2.7", addresses));
        HasAsked(1);
    }

    [Fact]
    public async Task Hit_AllocatesNothing()
    {
        Say(100, "192.0.2.7");
        var resolver = Make();
        await AskAsync(resolver);
        for (var i = 0; i < 100; i++)
            await resolver.ResolveAsync(Name);
        var isKnown = true;
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                isKnown &= HasOne(resolver.ResolveAsync(Name));
        }));
        Assert.True(isKnown);

        static bool HasOne(ValueTask<IPAddress[]> known) => known is { IsCompletedSuccessfully: true, Result.Length: 1 };
    }

    [Fact]
    public async Task MoreNamesThanThereIsRoomFor_PushOutTheOldest()
    {
        Say(100, "192.0.2.7");
        var resolver = Make(mostNames: 2);
        foreach (var name in (string[])["a.test", "b.test", "c.test", "b.test", "c.test"])
            await AskAsync(resolver, name);
        HasAsked(3);
        await AskAsync(resolver, "a.test");
        HasAsked(4);
    }

    [Fact]
    public async Task HostsFile_WinsAndIsReadAgain()
    {
        var resolver = Make();
        Assert.Equal("192.0.2.1 2001:db8::1", await AskAsync(resolver, "Fixed.test"));
        Assert.Equal("192.0.2.1", await AskAsync(resolver, "other.fixed.test"));
        Write("hosts", "192.0.2.200 fixed.test\n");
        Assert.Equal("192.0.2.1 2001:db8::1", await AskAsync(resolver, "fixed.test"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("192.0.2.200", await AskAsync(resolver, "fixed.test"));
        Assert.Empty(_server.Questions);
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1 ::1")]
    [InlineData("LocalHost.", "127.0.0.1 ::1")]
    [InlineData("app.localhost", "127.0.0.1 ::1")]
    [InlineData("", "HostNotFound")]
    [InlineData("a..test", "HostNotFound")]
    [InlineData(".test", "HostNotFound")]
    [InlineData("1.2.3", "HostNotFound")]
    [InlineData("127.0.0.1.", "HostNotFound")]
    [InlineData("www.256", "HostNotFound")]
    public async Task Name_IsNotAskedFor(string name, string answer)
    {
        var resolver = Make();
        Assert.Equal(answer, await AskAsync(resolver, name));
        Assert.Equal("HostNotFound", await AskAsync(resolver, new string('x', 64) + ".test"));
        Assert.Equal("HostNotFound", await AskAsync(resolver, string.Concat(Enumerable.Repeat("abcdefg.", 40)) + "test"));
        Assert.Empty(_server.Questions);
    }

    [Fact]
    public async Task ShortName_IsSearchedFor()
    {
        Write("resolv.conf", "search lab.test. school.test\nnameserver 127.0.0.1\noptions ndots:1\n");
        _server.Script = asked => asked.Name == "printer.school.test" ? new(DnsRecord.Address(asked.Name, 60, "192.0.2.7")) { Zone = (60, 60) } : DnsReply.NoName(60);
        var resolver = Make();
        Assert.Equal("192.0.2.7", await AskAsync(resolver, "printer"));
        Assert.Equal("HostNotFound", await AskAsync(resolver, "printer."));
        Assert.Equal(["printer.lab.test", "printer.school.test", "printer"], _server.Questions.Select(asked => asked.Name).Distinct());
    }

    [Fact]
    public async Task AddressThatChanged_IsDialledAfterItsTtl()
    {
        await using var one = ScriptedOrigin.Start(x => x.ReplyAsync(200, "one", "Connection: close"));
        await using var two = ScriptedOrigin.Start(x => x.ReplyAsync(200, "two", "Connection: close"), IPAddress.Parse("127.0.0.2"), port: one.Port);
        Say(100, "127.0.0.1");
        using var asking = new Asking(new Resolver(_time, _files.File("hosts"), _files.File("resolv.conf"), _server.Port).ResolveAsync);
        Assert.Equal("one", (await asking.WholeAsync(Asking.RequestTo(Name, one.Port))).Body);
        Say(100, "127.0.0.2");
        Assert.Equal("one", (await asking.WholeAsync(Asking.RequestTo(Name, one.Port))).Body);
        _time.Advance(TimeSpan.FromSeconds(101));
        Assert.Equal("two", (await asking.WholeAsync(Asking.RequestTo(Name, one.Port))).Body);
    }

    // H5-H7: what is judged is what is dialled.
    [Fact]
    public async Task RebindingName_NeverLeadsToAProhibitedAddress()
    {
        await using var allowed = ScriptedOrigin.Start(x => x.ReplyAsync(200, "allowed", "Connection: close"));
        await using var own = ScriptedOrigin.Start(x => x.ReplyAsync(200, "own"), IPAddress.Parse("127.0.0.2"), port: allowed.Port);
        var rules = new AddressRules([own.EndPoint], []);
        var turn = 0;
        // No TTL, and another address each time.
        _server.Script = asked => asked.Type == DnsRecord.Aaaa
            ? new() { Zone = (0, 0) }
            : new(DnsRecord.Address(asked.Name, 0, turn++ % 2 == 0 ? "127.0.0.1" : "127.0.0.2")) { Zone = (0, 0) };
        using var asking = new Asking(Make().ResolveAsync);
        for (var i = 0; i < 6; i++)
        {
            var answer = await asking.WholeAsync(Asking.RequestTo(Name, allowed.Port, rules));
            Assert.Equal(i % 2 == 0 ? "allowed" : "", answer.Body);
            Assert.Equal(i % 2 == 0 ? Sluice.Upstream.ForwardError.None : Sluice.Upstream.ForwardError.AddressProhibited, answer.Error);
        }
        // Both at once: only the one.
        Say(0, "127.0.0.2", "127.0.0.1");
        Assert.Equal("allowed", (await asking.WholeAsync(Asking.RequestTo(Name, allowed.Port, rules))).Body);
        Assert.Equal(0, own.Connections);
    }
}
