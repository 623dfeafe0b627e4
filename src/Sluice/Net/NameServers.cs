// Asking name servers.
//
// What: one name, its A and AAAA records, and how long they may be used.
// Strategy: both types at once. Where one has brought addresses, the other gets 50 ms more (RFC 8305 s.3); what was found without it is
// used for a few seconds only. Aliases are followed within the answer, which a recursive server gives whole; the least
// TTL of the chain and its addresses counts. A name without addresses lasts as long as its zone says (RFC 2308 s.5).
// Facts: the messages, ids, retries over the servers and TCP after truncation are DnsClient's (docs/decisions/0008).
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Sluice.Net;

/// <summary>Servers, and how they are asked.</summary>
internal sealed class NameServers
{
    /// <summary>RFC 8305 s.3, "Resolution Delay".</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestIncomplete = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>RFC 2308 s.5 allows hours; who has just made a name wants to see it.</summary>
    private static readonly TimeSpan LongestNegative = TimeSpan.FromMinutes(5);

    private readonly ResolvConf _conf;
    private readonly TimeProvider _time;
    private readonly LookupClient? _client;

    public NameServers(ResolvConf conf, IReadOnlyList<IPEndPoint> servers, TimeProvider time)
    {
        (_conf, _time) = (conf, time);
        if (servers.Count == 0)
            return;
        _client = new LookupClient(new LookupClientOptions([.. servers.Select(server => new NameServer(server))])
        {
            UseCache = false,
            Timeout = conf.Timeout,
            Retries = conf.Attempts - 1,
            UseRandomNameServer = conf.Rotates,
            UseTcpFallback = true,
            ContinueOnDnsError = true,
            ContinueOnEmptyResponse = false,
            ThrowDnsErrors = false,
        });
    }

    public static NameServers Of(ResolvConf conf, int port, TimeProvider time) => new(conf, [.. conf.Servers.Select(server => new IPEndPoint(server, port))], time);

    /// <summary>There is somebody to ask.</summary>
    public bool Any => _client is not null;

    /// <summary>Never throws.</summary>
    public async Task<NameAnswer> AskAsync(string name)
    {
        var best = NameAnswer.None(SocketError.HostNotFound);
        foreach (var candidate in _conf.Candidates(name))
        {
            var answer = await AskBothAsync(candidate);
            if (answer.Error == SocketError.Success)
                return answer;
            // A server that failed says nothing of the name: that is then all that is known.
            if (best.IsCertain)
                best = answer.IsCertain && best.Lasts > TimeSpan.Zero && best.Lasts < answer.Lasts ? best : answer;
        }
        return best;
    }

    private async Task<NameAnswer> AskBothAsync(string name)
    {
        var six = AskAsync(name, QueryType.AAAA);
        var four = AskAsync(name, QueryType.A);
        var ended = await Task.WhenAny(six, four);
        var (first, other) = (await ended, ended == six ? four : six);
        if (first.Error == SocketError.Success && !other.IsCompleted)
            await Task.WhenAny(other, Task.Delay(Grace, _time));
        if (first.Error == SocketError.Success && !other.IsCompleted)
            return first with { Lasts = Least(first.Lasts, LongestIncomplete) };
        return Together(await six, await four);
    }

    private static NameAnswer Together(NameAnswer six, NameAnswer four)
    {
        if (six.Error == SocketError.Success && four.Error == SocketError.Success)
            return new([.. six.Addresses, .. four.Addresses], SocketError.Success, Least(six.Lasts, four.Lasts));
        if (six.Error == SocketError.Success || four.Error == SocketError.Success)
        {
            var (found, missing) = six.Error == SocketError.Success ? (six, four) : (four, six);
            // No address of the other family, or nobody knows.
            return missing.IsCertain ? found : found with { Lasts = Least(found.Lasts, LongestIncomplete) };
        }
        if (six.IsCertain && four.IsCertain)
            return six with { Lasts = Least(six.Lasts, four.Lasts) };
        return six.IsCertain ? four : six;
    }

    private async Task<NameAnswer> AskAsync(string name, QueryType type)
    {
        try
        {
            var answer = await _client!.QueryAsync(name, type);
            return answer.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => Read(answer, name),
                DnsHeaderResponseCode.NotExistentDomain => NameAnswer.None(SocketError.HostNotFound, NegativeLasts(answer)),
                _ => NameAnswer.None(SocketError.NoRecovery),
            };
        }
        catch (DnsResponseException e)
        {
            return NameAnswer.None(e.Code == DnsResponseCode.ConnectionTimeout ? SocketError.TryAgain : SocketError.NoRecovery);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return NameAnswer.None(SocketError.TryAgain);
        }
        catch (ArgumentException)
        {
            // No name at all, or too long for one (RFC 1035 s.2.3.4).
            return NameAnswer.None(SocketError.HostNotFound, LongestNegative);
        }
    }

    private static NameAnswer Read(IDnsQueryResponse answer, string name)
    {
        var owner = DnsString.Parse(name).Value;
        var lasts = Longest;
        // Each alias leads on once: a circle ends.
        foreach (var _ in answer.Answers)
        {
            if (answer.Answers.OfType<CNameRecord>().FirstOrDefault(alias => IsOf(alias, owner)) is not { } alias)
                break;
            owner = alias.CanonicalName.Value;
            lasts = Least(lasts, TimeSpan.FromSeconds(alias.TimeToLive));
        }
        var found = answer.Answers.OfType<AddressRecord>().Where(record => IsOf(record, owner)).ToList();
        if (found.Count == 0)
            return NameAnswer.None(SocketError.HostNotFound, NegativeLasts(answer));
        return new([.. found.Select(record => record.Address)], SocketError.Success,
            found.Aggregate(lasts, (least, record) => Least(least, TimeSpan.FromSeconds(record.TimeToLive))));
    }

    private static bool IsOf(DnsResourceRecord record, string owner) =>
        string.Equals(record.DomainName.Value, owner, StringComparison.OrdinalIgnoreCase);

    /// <summary>RFC 2308 s.5: as the zone's SOA says; without one it is not kept.</summary>
    private static TimeSpan NegativeLasts(IDnsQueryResponse answer) =>
        answer.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa
            ? Least(LongestNegative, TimeSpan.FromSeconds(Math.Min(soa.Minimum, (uint)Math.Max(soa.TimeToLive, 0))))
            : TimeSpan.Zero;

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
