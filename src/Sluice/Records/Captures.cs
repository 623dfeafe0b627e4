using Microsoft.Extensions.Logging;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records.Pcap;

namespace Sluice.Records;

/// <summary>Who captures what passes: those who ask for it while it runs, and rules, into files. While nobody does, traffic does not notice.</summary>
/// <param name="keyLog">Where the keys of our TLS are written, which then stand in captures, too; null: nowhere.</param>
public sealed class Captures(TimeProvider time, ILogger log, string? keyLog = null) : IAsyncDisposable
{
    /// <summary>That people may have running at once, besides the rules'.</summary>
    public const int Most = 4;

    private readonly Lock _gate = new();
    private volatile LiveCapture[] _live = [];
    private volatile RingWriter? _ring;
    private CaptureOptions? _options;
    private bool _ends;

    /// <summary>Somebody captures.</summary>
    public bool IsOn => _live.Length > 0 || _ring is not null;

    /// <summary>Begins one, which chooses what begins from now on. Null: there are <see cref="Most"/> already.</summary>
    /// <param name="wants">Judges an exchange whose request has been judged: what is known by then.</param>
    /// <param name="filter">The same in words; null: all.</param>
    public LiveCapture? Begin(Predicate<ExchangeRecord> wants, string? filter, CaptureBounds bounds)
    {
        lock (_gate)
        {
            if (_live.Length >= Most || _ends)
                return null;
            var capture = new LiveCapture(new Capture(wants, time), filter, bounds, time, keyLog, Leave);
            _live = [.. _live, capture];
            return capture;
        }
    }

    /// <summary>What rules capture goes there from now on; null: nowhere.</summary>
    public async Task UseAsync(CaptureOptions? options)
    {
        RingWriter? former;
        lock (_gate)
        {
            if (options == _options || _ends)
                return;
            former = _ring;
            _options = options;
            _ring = options is null ? null : new RingWriter(options, new Capture(static record => record.Verdict.CapturedBy is not null, time), time, log, keyLog);
        }
        await (former?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Who wants the exchange that has just been judged; null: nobody.</summary>
    public CapturedExchange? Choose(ExchangeRecord record)
    {
        List<Capture>? by = null;
        foreach (var live in _live)
            if (live.Capture.Wants(record))
                (by ??= []).Add(live.Capture);
        if (_ring is { } ring && ring.Capture.Wants(record))
            (by ??= []).Add(ring.Capture);
        return by is null ? null : new CapturedExchange(by, AboutOf(record), time);
    }

    /// <summary>For the connection of a client that is to be heard.</summary>
    public ClientTap TapClient(TcpSocket socket) => new(socket.LocalEndPoint, socket.RemoteEndPoint, time);

    /// <summary>Ends all; what has passed is written.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _ends = true;
        foreach (var live in _live)
            live.Capture.End();
        await (_ring?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private void Leave(LiveCapture capture)
    {
        lock (_gate)
            _live = [.. _live.Where(live => live != capture)];
    }

    private static string AboutOf(ExchangeRecord record)
    {
        var verdict = record.Verdict;
        var rule = verdict.CapturedBy ?? verdict.Rule;
        return $"exchange {record.Number}, listener {record.Listener}{(rule is null ? "" : $", rule {rule}")}{(verdict.Outcome == "allow" ? "" : $", {verdict.Outcome}")}";
    }
}

/// <summary>What ends a capture.</summary>
/// <param name="For">Null: as long as it is read.</param>
/// <param name="Bytes">Octets of the file; null: any.</param>
public readonly record struct CaptureBounds(TimeSpan? For, long? Bytes);
