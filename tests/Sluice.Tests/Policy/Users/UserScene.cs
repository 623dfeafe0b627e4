using System.Collections.Concurrent;
using System.Net;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy.Users;

/// <summary>A password file, an authenticator of it, and a clock. Passwords are the names with <c>-pw</c>; hashing can be held up.</summary>
internal sealed class UserScene : IAsyncDisposable
{
    public static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private readonly TempFolder _folder = new();
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly SemaphoreSlim _begun = new(0);
    private int _inside;
    private int _version;

    public UserScene(params string[] users)
    {
        Write([.. users.Select(user => Line(user))]);
        Authenticator = new Authenticator(
            Options(("staff", ["anna"]), ("all", ["anna", "ben"])) with { Realm = "a \"b\" \\" }, Time, Log, () => Changes++, Verify);
    }

    /// <summary>How often somebody's login changed.</summary>
    public int Changes { get; private set; }

    public UserOptions Options(params (string Name, string[] Users)[] groups) =>
        new() { File = Path, Groups = groups.ToDictionary(group => group.Name, group => (IReadOnlyList<string>)group.Users) };

    public string Path => _folder.File("htpasswd");

    public ManualTime Time { get; } = new();

    public LogLines Log { get; } = new();

    public Authenticator Authenticator { get; }

    /// <summary>The costs of all hashes that were made, in order.</summary>
    public ConcurrentQueue<int> Costs { get; } = new();

    /// <summary>The most that were made at once.</summary>
    public int MostAtOnce { get; private set; }

    public static string Line(string name, string? password = null, int cost = 4) =>
        $"{name}:{BCrypt.Net.BCrypt.HashPassword(password ?? $"{name}-pw", BCrypt.Net.BCrypt.GenerateSalt(cost, 'y'))}";

    public static IPAddress Address(int number) => new([198, 18, (byte)(number >> 8), (byte)number]);

    /// <summary>The file as it stands from now on. It is seen when the time has advanced by <see cref="Looks"/>.</summary>
    public void Write(params string[] lines)
    {
        File.WriteAllLines(Path, lines);
        File.SetLastWriteTimeUtc(Path, new DateTime(2026, 1, 1, 0, ++_version, 0, DateTimeKind.Utc));
    }

    public void Looks() => Time.Advance(TimeSpan.FromSeconds(3));

    /// <summary>What is known is done at once.</summary>
    public Task<Login> BeginAsync(string name, string? password = null, IPAddress? from = null) =>
        Authenticator.CheckAsync(Passwords.Basic(name, password ?? $"{name}-pw"), from ?? Here).AsTask();

    public Task<Login> CheckAsync(string name, string? password = null, IPAddress? from = null) => BeginAsync(name, password, from).Within();

    public async Task<LoginOutcome> OutcomeAsync(string name, string? password = null, IPAddress? from = null) => (await CheckAsync(name, password, from)).Outcome;

    public void HoldHashing() => _gate.Reset();

    public void LetHashingGo() => _gate.Set();

    /// <summary>One more hash is being made.</summary>
    public Task HashingAsync() => _begun.WaitAsync().Within();

    public async ValueTask DisposeAsync()
    {
        _gate.Set();
        await Authenticator.DisposeAsync();
        _gate.Dispose();
        _begun.Dispose();
        _folder.Dispose();
    }

    private bool Verify(string password, string hash)
    {
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _inside));
        Costs.Enqueue(int.Parse(hash.AsSpan(4, 2), System.Globalization.CultureInfo.InvariantCulture));
        _begun.Release();
        _gate.Wait(Waiting.Limit);
        var isRight = BCrypt.Net.BCrypt.Verify(password, hash);
        Interlocked.Decrement(ref _inside);
        return isRight;
    }
}
