using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Bench;

/// <summary>What does it cost that a client must log in: with each request of a kept connection (<see cref="Head"/> against <see cref="HeadOfAUser"/>), with the first of a
/// connection, with a wrong password that is known, and once for each new password?</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class LoginBenchmarks
{
    private const string Begin = "GET http://www.shop.example.test/some/path/page.html HTTP/1.1\r\nHost: www.shop.example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        + "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n";

    private static readonly string Hash = BCrypt.Net.BCrypt.HashPassword("open sesame", 10);

    private readonly string _file = Path.GetTempFileName();
    private readonly string _right = "Basic " + Convert.ToBase64String("anna:open sesame"u8);
    private readonly string _wrong = "Basic " + Convert.ToBase64String("anna:open"u8);
    private readonly IPAddress _client = IPAddress.Parse("192.0.2.1");
    private readonly RequestHeadParser _plain = new(32 << 10, 8 << 10, 200);
    private readonly RequestHeadParser _ofUser = new(32 << 10, 8 << 10, 200);
    private readonly LastLogin _last = new();
    private byte[] _head = [];
    private byte[] _headOfUser = [];
    private Authenticator _authenticator = null!;

    [GlobalSetup]
    public async Task LogIn()
    {
        await File.WriteAllTextAsync(_file, $"anna:{Hash}\n");
        _authenticator = new Authenticator(new UserOptions { File = _file }, TimeProvider.System, NullLogger.Instance);
        var login = await _authenticator.CheckAsync(_right, _client);
        await _authenticator.CheckAsync(_wrong, _client);
        _last.Keep(_right, login.User!);
        _head = Encoding.ASCII.GetBytes(Begin + "\r\n");
        _headOfUser = Encoding.ASCII.GetBytes($"{Begin}Proxy-Authorization: {_right}\r\n\r\n");
        // The connection's first head; from now on its lines are repeated.
        HeadOfAUser();
        _last.Keep(Read(_ofUser, _headOfUser).Get(FieldNames.ProxyAuthorization)!, login.User!);
    }

    [GlobalCleanup]
    public async Task Clean()
    {
        await _authenticator.DisposeAsync();
        File.Delete(_file);
    }

    [Benchmark(Baseline = true)]
    public FieldList Head() => Read(_plain, _head);

    [Benchmark]
    public User? HeadOfAUser()
    {
        var fields = Read(_ofUser, _headOfUser);
        var user = _last.Find(fields.Get(FieldNames.ProxyAuthorization)!);
        fields.Remove(FieldNames.ProxyAuthorization);
        return user;
    }

    [Benchmark]
    public ValueTask<Login> FirstOfAConnection() => _authenticator.CheckAsync(_right, _client);

    [Benchmark]
    public ValueTask<Login> KnownWrong() => _authenticator.CheckAsync(_wrong, _client);

    [Benchmark]
    public bool NewPassword() => BCrypt.Net.BCrypt.Verify("open sesame", Hash);

    private static FieldList Read(RequestHeadParser parser, byte[] head) =>
        parser.Read(head, out _) == ParseStep.Done ? parser.Fields : throw new InvalidDataException("no head");
}
