// Who is it? Basic authentication (RFC 9110 s.11.7, RFC 7617) against a password file of bcrypt hashes.
//
// What: credentials in, a login out. Those that were found right before, and those that were found wrong, are known at once by what stands for them (KeyedHash);
// only new ones are hashed, apart from the I/O threads.
// Strategy:
//   Right ones are known until the file says otherwise: one per user, so that the table is no larger than the file.
//   Wrong ones are known for a while, too: a program that sends an old password again and again has guessed once. It costs no hash, and does
//     not use up what its owner may try.
//   The same from many connections at once (a browser opens six) is hashed once, and all get the answer.
//   Guessing is limited by address and by name (GuessLimit). By name alone anybody could keep a user out, so that whoever has logged in from an address is
//     not limited by name there, and whoever is known to be right not at all.
//   A name that the file has not is hashed like one that it has, as long as the dearest one.
//   The file is looked at every second and read once it has settled. A reading with a fault is not taken at all: the last good one stays.
// Facts: a hash of cost 10 takes 93 ms of a core; what is known costs some microseconds, most of them HMAC, and what a connection remembers (Forwarding/LastLogin.cs) next to nothing.
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Sluice.Net;
using Sluice.Policy.Users;

namespace Sluice.Policy;

/// <summary>The users of forward listeners. Safe for concurrent use.</summary>
public sealed class Authenticator : IAsyncDisposable
{
    private const int MostWrongKept = 4096;

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action? _changed;
    private readonly Func<string, string, bool> _verify;
    private readonly long _began;
    private readonly KeyedHash _hash = new();
    private readonly ConcurrentDictionary<Digest, Account> _proven = new();
    private readonly Lock _lock = new(); // all of the following
    private readonly HashSet<Digest> _wrong = [];
    private readonly Queue<Digest> _oldestWrong = new();
    private readonly Dictionary<Digest, Attempt> _underWay = [];
    // A NAT of many users shares an address: it may be wrong more often.
    private readonly GuessLimit _byAddress = new(atOnce: 20, TimeSpan.FromSeconds(10));
    private readonly GuessLimit _byName = new(atOnce: 5, TimeSpan.FromSeconds(30));
    private readonly Attempts _attempts;
    private Accounts _accounts = Accounts.None;
    private readonly Lock _reading = new(); // the following, and to read
    private readonly Looking _looking;
    private UserOptions? _options;
    private FileWatch _watch = new([]);
    private TimeSpan _lastHash = TimeSpan.FromMilliseconds(100);

    /// <param name="options">As for <see cref="Use"/>.</param>
    /// <param name="time">Paces the watching and the limits.</param>
    /// <param name="log">Receives what is loaded, what fails, and who is limited.</param>
    /// <param name="changed">Called when somebody's login has ended or has other groups.</param>
    public Authenticator(UserOptions? options, TimeProvider time, ILogger log, Action? changed = null)
        : this(options, time, log, changed, static (password, hash) => BCrypt.Net.BCrypt.Verify(password, hash))
    {
    }

    /// <param name="verify">Whether a password has a hash.</param>
    internal Authenticator(UserOptions? options, TimeProvider time, ILogger log, Action? changed, Func<string, string, bool> verify)
    {
        (_time, _log, _changed, _verify, _began) = (time, log, changed, verify, time.GetTimestamp());
        _attempts = new Attempts(Work);
        Use(options);
        _looking = new Looking(time, ReadChanged);
    }

    /// <summary>The value of Proxy-Authenticate.</summary>
    public string Challenge { get; private set; } = "";

    /// <summary>Reads the file and watches it from now on. Who is unchanged stays logged in, with the groups of now.</summary>
    /// <param name="options">Checked; null: nobody logs in. Where the file cannot be read all the same, the users of before stay.</param>
    public void Use(UserOptions? options)
    {
        lock (_reading)
        {
            _options = options;
            _watch = new FileWatch(options is null ? [] : [options.File]);
            // RFC 7617 s.2, 2.1
            Challenge = $"Basic realm=\"{options?.Realm.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\", charset=\"UTF-8\"";
            Read();
        }
    }

    /// <summary>Who sends these credentials. Done at once, without an allocation, for those that are known; else when they have been hashed.</summary>
    /// <param name="field">The value of Proxy-Authorization; null: there is none.</param>
    /// <param name="client">From where.</param>
    public ValueTask<Login> CheckAsync(string? field, IPAddress? client)
    {
        if (field is null)
            return new(new Login(LoginOutcome.Missing));
        Span<byte> room = stackalloc byte[BasicCredentials.MostOctets];
        if (!BasicCredentials.TryDecode(field, room, out var octets, out var colon))
            return new(new Login(LoginOutcome.Malformed));
        var credentials = _hash.Of(octets);
        if (_proven.TryGetValue(credentials, out var known) && known.User.Current is { } user)
            return new(new Login(LoginOutcome.Accepted, user));
        lock (_lock)
            return Begin(credentials, octets, colon, client);
    }

    /// <summary>Reads the file anew, changed or not (SIGHUP).</summary>
    public void Reload()
    {
        lock (_reading)
            Read();
    }

    public async ValueTask DisposeAsync()
    {
        await _looking.DisposeAsync();
        await _attempts.DisposeAsync();
    }

    private ValueTask<Login> Begin(Digest credentials, ReadOnlySpan<byte> octets, int colon, IPAddress? client)
    {
        if (_wrong.Contains(credentials))
            return new(new Login(LoginOutcome.Wrong));
        if (_underWay.TryGetValue(credentials, out var same))
            return new(same.Done);
        var (name, password) = BasicCredentials.Split(octets, colon);
        var (accounts, now) = (_accounts, Now);
        var (account, byName, byAddress) = (accounts.Find(name), _hash.Of(name), _hash.Of(client));
        var paysByName = account?.SeenFrom != byAddress;
        var wait = _byAddress.WaitFor(byAddress, now);
        if (paysByName && _byName.WaitFor(byName, now) is var longer && longer > wait)
            wait = longer;
        if (wait > TimeSpan.Zero)
            return new(new Login(LoginOutcome.Limited, RetryAfter: wait));
        var attempt = new Attempt(accounts, account, credentials, byName, byAddress, $"{client}", paysByName, password);
        if (!_attempts.TryAdd(attempt))
            return new(new Login(LoginOutcome.Busy, RetryAfter: Attempts.MostWaiting * _lastHash));
        _underWay[credentials] = attempt;
        _byAddress.Pay(byAddress, now);
        if (paysByName)
            _byName.Pay(byName, now);
        return new(attempt.Done);
    }

    /// <summary>On the one worker.</summary>
    private void Work(Attempt attempt)
    {
        bool isRight;
        try
        {
            var began = _time.GetTimestamp();
            isRight = attempt.Verify(_verify);
            _lastHash = _time.GetElapsedTime(began);
        }
        catch (Exception bug)
        {
            lock (_lock)
                _underWay.Remove(attempt.Credentials);
            attempt.Fail(bug);
            return;
        }
        Login login;
        lock (_lock)
        {
            _underWay.Remove(attempt.Credentials);
            login = isRight ? Accept(attempt) : Refuse(attempt);
        }
        attempt.End(login);
    }

    private Login Accept(Attempt attempt)
    {
        _byAddress.PayBack(attempt.Address);
        if (attempt.PaysByName)
            _byName.PayBack(attempt.Name);
        // The file may have changed meanwhile.
        if (_accounts.Find(attempt.Account!.User.Name) is not { } account || account.Hash != attempt.Account.Hash)
            return new Login(LoginOutcome.Wrong);
        if (account.Proven is { } before)
            _proven.TryRemove(before, out _);
        (account.Proven, account.SeenFrom) = (attempt.Credentials, attempt.Address);
        _proven[attempt.Credentials] = account;
        return new Login(LoginOutcome.Accepted, account.User);
    }

    private Login Refuse(Attempt attempt)
    {
        // What was wrong by the file of then may be right by that of now.
        if (ReferenceEquals(attempt.Accounts, _accounts) && _wrong.Add(attempt.Credentials))
        {
            _oldestWrong.Enqueue(attempt.Credentials);
            if (_oldestWrong.Count > MostWrongKept)
                _wrong.Remove(_oldestWrong.Dequeue());
        }
        if (_byAddress.WaitFor(attempt.Address, Now) > TimeSpan.Zero)
            AuthenticatorLog.ClientLimited(_log, attempt.Client);
        if (attempt is { Account: { } account, PaysByName: true } && _byName.WaitFor(attempt.Name, Now) > TimeSpan.Zero)
            AuthenticatorLog.NameLimited(_log, account.User.Name);
        return new Login(LoginOutcome.Wrong);
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    private void ReadChanged()
    {
        lock (_reading)
            if (_watch.HasSettledChange())
                Read();
    }

    private void Read()
    {
        _watch.Read();
        if (_options is not { } options)
        {
            Take(new Dictionary<string, BcryptHash>(), name => new User(name, []));
            return;
        }
        var file = PasswordFile.Read(options.File);
        if (file.Problems.Count > 0)
        {
            foreach (var problem in file.Problems.Take(CensorLog.ProblemsShown))
                AuthenticatorLog.Problem(_log, problem.Where, problem.Text);
            AuthenticatorLog.Kept(_log, options.File);
            return;
        }
        AuthenticatorLog.Loaded(_log, options.File, file.Hashes.Count, Take(file.Hashes, options.UserOf));
    }

    /// <summary>How many users are new, have another password or are gone.</summary>
    private int Take(IReadOnlyDictionary<string, BcryptHash> hashes, Func<string, User> userOf)
    {
        int changed;
        IReadOnlyList<(Account Former, Account? Now)> replaced;
        lock (_lock)
        {
            _accounts = _accounts.Next(hashes, userOf, out replaced, out changed);
            foreach (var (former, now) in replaced)
            {
                former.User.Withdraw(now?.User);
                if (former.Proven is not { } proven)
                    continue;
                if (now is null)
                    _proven.TryRemove(proven, out _);
                else
                    _proven[proven] = now;
            }
            if (changed > 0)
            {
                _wrong.Clear();
                _oldestWrong.Clear();
            }
        }
        if (replaced.Count > 0)
            _changed?.Invoke();
        return changed;
    }
}
