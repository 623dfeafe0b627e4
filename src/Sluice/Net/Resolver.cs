// Names to addresses.
//
// What: a cache in front of the name servers, which says for every name what is known, for as long as that is true.
// Strategy: /etc/hosts first, then what is kept, then the servers that are configured, or of /etc/resolv.conf; both files are read again when they change. What is kept
//   lasts as long as its TTLs say, names without addresses as RFC 2308 says, failures of servers 1 s, then doubled up to 30 s (RFC 9520).
//   One question per name at a time, whoever asks: it belongs to nobody, so that nobody's leaving ends it.
//   Who asks in the last tenth of an address's TTL gets the answer and makes us ask again, so that a name in use never waits.
//   Where the servers fail or are slow, addresses whose time is over are better than none (RFC 8767), for a day.
// Facts: a hit is a look into a table, without allocation. Names that only look like numbers ("127.1", "0x7f.1") are read as the addresses
// that they are before they come here (Dialer), or are no names.
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>One for the whole process; safe for concurrent use.</summary>
internal sealed class Resolver
{
    /// <summary>Names kept; the oldest go first.</summary>
    public const int MostNames = 10_000;

    /// <summary>RFC 8767 s.5, "client response timer": 1.8 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.8);

    /// <summary>RFC 8767 s.4: a stale answer is used for so long before the servers are asked again.</summary>
    private static readonly TimeSpan StaleLasts = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestStale = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestFailure = TimeSpan.FromSeconds(30);

    /// <summary>Where the system tells no TTL.</summary>
    private static readonly TimeSpan SystemLasts = TimeSpan.FromSeconds(30);

    private static readonly IPAddress[] Loopbacks = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<Entry> _byAge = new();
    private readonly TimeProvider _time;
    private readonly int _mostNames;
    private readonly WatchedFile<FrozenDictionary<string, IPAddress[]>> _hosts;
    private readonly Func<NameServers>? _servers;
    private long _kept;
    private long _asked;
    private long _failed;

    /// <summary>As we are configured, else as this system is.</summary>
    public Resolver(TimeProvider time, ResolverOptions options)
        : this(time, "/etc/hosts", OperatingSystem.IsLinux() && options is { IsSystem: false, Servers: [] } ? "/etc/resolv.conf" : null, ResolverOptions.DnsPort)
    {
        if (options.Servers.Count == 0)
            return;
        var servers = new NameServers(new ResolvConf(), options.Servers, time);
        _servers = () => servers;
    }

    /// <param name="resolvConf">Null, or a file without a server: the system's own resolver is asked.</param>
    public Resolver(TimeProvider time, string hosts, string? resolvConf, int port, int mostNames = MostNames)
    {
        _mostNames = mostNames;
        _time = time;
        _hosts = new(hosts, HostsFile.Parse, time);
        if (resolvConf is null)
            return;
        var servers = new WatchedFile<NameServers>(resolvConf, text => NameServers.Of(ResolvConf.Parse(text), port, time), time);
        _servers = () => servers.Current;
    }

    public NameCounts Counts => new(Interlocked.Read(ref _kept), Interlocked.Read(ref _asked), Interlocked.Read(ref _failed));

    /// <summary>The addresses of a name.</summary>
    /// <exception cref="SocketException">There are none: <see cref="NameAnswer.Error"/>.</exception>
    public ValueTask<IPAddress[]> ResolveAsync(string name)
    {
        if ((_hosts.Current.GetValueOrDefault(name) ?? (IsLocalhost(name) ? Loopbacks : null)) is { } configured)
        {
            Interlocked.Increment(ref _kept);
            return new(configured);
        }
        if (!_entries.TryGetValue(name, out var entry))
        {
            if (!IsName(name))
                return Result(NameAnswer.None(SocketError.HostNotFound));
            entry = Add(name);
        }
        var now = _time.GetTimestamp();
        var known = entry.Known;
        if (known is null || now >= known.FreshUntil)
            return AskAsync(entry, known);
        if (now >= known.AskFrom)
            _ = BeginAsking(entry, known);
        Interlocked.Increment(ref _kept);
        return Result(known.Answer);
    }

    private static ValueTask<IPAddress[]> Result(in NameAnswer answer) => answer.Error == SocketError.Success
        ? new(answer.Addresses)
        : ValueTask.FromException<IPAddress[]>(new SocketException((int)answer.Error));

    private async ValueTask<IPAddress[]> AskAsync(Entry entry, Known? seen)
    {
        var asking = BeginAsking(entry, seen);
        if (entry.Known is { Answer.Error: SocketError.Success } stale && _time.GetTimestamp() < stale.StaleUntil)
        {
            using var enough = new CancellationTokenSource();
            if (await Task.WhenAny(asking, Task.Delay(Patience, _time, enough.Token)) != asking)
                return stale.Answer.Addresses;
            await enough.CancelAsync();
        }
        return await Result((await asking).Answer);
    }

    /// <summary>The question that is under way, or a new one; none where another than what was seen has come meanwhile.</summary>
    private Task<Known> BeginAsking(Entry entry, Known? seen)
    {
        lock (entry)
            return entry.Known is { } known && !ReferenceEquals(known, seen) ? Task.FromResult(known) : entry.Asking ??= Task.Run(() => RenewAsync(entry));
    }

    private async Task<Known> RenewAsync(Entry entry)
    {
        Interlocked.Increment(ref _asked);
        var answer = await AskServersAsync(entry.Name);
        if (answer.Error != SocketError.Success)
            Interlocked.Increment(ref _failed);
        var now = _time.GetTimestamp();
        lock (entry)
        {
            entry.Asking = null;
            entry.Failures = answer.IsCertain ? 0 : entry.Failures + 1;
            if (answer.IsCertain)
                entry.Known = new Known(answer, After(now, answer.Lasts * (answer.Error == SocketError.Success ? 0.9 : 1)), After(now, answer.Lasts),
                    After(now, answer.Lasts + LongestStale));
            else if (entry.Known is { Answer.Error: SocketError.Success } stale && now < stale.StaleUntil)
                entry.Known = stale with { AskFrom = After(now, StaleLasts), FreshUntil = After(now, StaleLasts) };
            else
            {
                var until = After(now, FailureLasts(entry.Failures));
                entry.Known = new Known(answer, until, until, until);
            }
            return entry.Known;
        }
    }

    private async Task<NameAnswer> AskServersAsync(string name)
    {
        if (_servers?.Invoke() is { Any: true } servers)
            return await servers.AskAsync(name);
        try
        {
            return new(await Dns.GetHostAddressesAsync(name), SocketError.Success, SystemLasts);
        }
        catch (SocketException e)
        {
            return NameAnswer.None(e.SocketErrorCode is SocketError.TryAgain or SocketError.NoRecovery ? e.SocketErrorCode : SocketError.HostNotFound, SystemLasts);
        }
        catch (ArgumentException)
        {
            return NameAnswer.None(SocketError.HostNotFound, SystemLasts);
        }
    }

    private static TimeSpan FailureLasts(int failures)
    {
        var lasts = ShortestFailure * (1 << Math.Min(failures - 1, 10));
        return lasts < LongestFailure ? lasts : LongestFailure;
    }

    private long After(long now, TimeSpan span) => now + (long)(span.TotalSeconds * _time.TimestampFrequency);

    private Entry Add(string name)
    {
        var made = new Entry(name);
        var entry = _entries.GetOrAdd(name, made);
        if (entry != made)
            return entry;
        _byAge.Enqueue(made);
        while (_byAge.Count > _mostNames && _byAge.TryDequeue(out var oldest))
            _entries.TryRemove(oldest.Name, out _);
        return entry;
    }

    /// <summary>RFC 6761 s.6.3: no name server is asked.</summary>
    private static bool IsLocalhost(string name)
    {
        var bare = name.AsSpan().TrimEnd('.');
        return bare.Equals("localhost", StringComparison.OrdinalIgnoreCase) || bare.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>RFC 1035 s.2.3.4; a name whose last label is a number is meant as an address, and is none.</summary>
    private static bool IsName(string name)
    {
        var bare = name.AsSpan();
        if (bare.EndsWith("."))
            bare = bare[..^1];
        if (bare.Length is 0 or > 253)
            return false;
        foreach (var label in bare.Split('.'))
            if (bare[label].Length is 0 or > 63)
                return false;
        return bare[(bare.LastIndexOf('.') + 1)..].ContainsAnyExceptInRange('0', '9');
    }

    private sealed class Entry(string name)
    {
        public string Name => name;

        public Known? Known { get; set; }

        public Task<Known>? Asking { get; set; }

        public int Failures { get; set; }
    }

    /// <param name="AskFrom">Who asks from then on makes us ask again.</param>
    private sealed record Known(NameAnswer Answer, long AskFrom, long FreshUntil, long StaleUntil);
}
