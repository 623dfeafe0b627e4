using System.Globalization;
using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>One job on all peers that fit: started fresh, shown to do what the job says, warmed up, then measured in turns.
/// A peer that fails anywhere gets its reason instead of figures and is left out from there on.</summary>
internal sealed class JobRun(Job asked, PeersOptions options, Stage stage)
{
    // Logs are written within a second (nginx's flush=1s is the slowest): their CPU belongs to the round.
    private static readonly TimeSpan LogFlush = TimeSpan.FromMilliseconds(1_200);

    private readonly List<Entrant> _entrants = [];
    private Job _job = asked;

    /// <summary>The job as it was measured, at its pace, and what came out.</summary>
    public async Task<(Job Job, IReadOnlyList<Cell> Cells)> RunAsync(CancellationToken cancel)
    {
        Console.Error.WriteLine($"{_job.Name}: {_job.Title}");
        try
        {
            foreach (var peer in options.Peers.Where(peer => peer.TakesPartIn(_job)))
                await EnterAsync(peer, cancel);
            if (_job.HasPace)
                await SetPaceAsync(cancel);
            foreach (var entrant in _entrants)
                entrant.LogLinesBefore = entrant.Running?.LogLines() ?? 0;
            for (var round = 0; round < (_job.OnlyOnce ? 1 : options.Rounds); round++)
                foreach (var entrant in _entrants)
                    await entrant.TryAsync(() => MeasureAsync(entrant, cancel));
            return (_job, [.. _entrants.Select(entrant => entrant.Cell())]);
        }
        finally
        {
            foreach (var entrant in _entrants)
                if (entrant.Running is not null)
                    await entrant.Running.DisposeAsync();
        }
    }

    private async Task EnterAsync(Peer peer, CancellationToken cancel)
    {
        var entrant = new Entrant(peer);
        _entrants.Add(entrant);
        await entrant.TryAsync(async () =>
        {
            entrant.Running = await RunningPeer.StartAsync(_job.SetUp(peer)!, stage, cancel);
            await _job.PrepareAsync(entrant.Running, stage, cancel);
            if (!_job.OnlyOnce && options.WarmUp > TimeSpan.Zero)
                await _job.RunAsync(entrant.Running, stage, options.WarmUp, cancel);
            await Task.Delay(LogFlush, cancel);
        });
    }

    /// <summary>Asks each for as much as goes, which says what all are asked for in the rounds.</summary>
    private async Task SetPaceAsync(CancellationToken cancel)
    {
        foreach (var entrant in _entrants)
            await entrant.TryAsync(async () =>
            {
                var load = await _job.RunAsync(entrant.Running!, stage, options.Duration, cancel);
                if (load.Problem is not null)
                    throw new InvalidDataException(load.Problem);
                entrant.MostPerSecond = load.Work / load.Seconds;
                await Task.Delay(LogFlush, cancel);
                Console.Error.WriteLine($"  {entrant.Name,-14} {entrant.MostPerSecond,10:0} {_job.WorkUnit.Name}/s at most");
            });
        if (_entrants.Min(entrant => entrant.MostPerSecond) is { } slowest)
            _job = _job.AtPaceOf(slowest);
    }

    private async Task MeasureAsync(Entrant entrant, CancellationToken cancel)
    {
        var peer = entrant.Running!;
        var before = peer.Cpu();
        var memory = peer.Memory();
        var load = await _job.RunAsync(peer, stage, options.Duration, cancel);
        var memoryAfter = load.Memory ?? peer.Memory();
        await Task.Delay(LogFlush, cancel);
        if (load.Problem is not null || peer.HasEnded)
            throw new InvalidDataException(load.Problem ?? $"it ended: {peer.Tail()}");
        var cpu = peer.Cpu().ToDictionary(figure => figure.Key, figure => figure.Value - before.GetValueOrDefault(figure.Key));
        var counted = cpu.Where(figure => figure.Key != Round.NotCounted).Sum(figure => figure.Value);
        var round = new Round(load, _job.Cost(load, counted, memoryAfter - memory), cpu, memoryAfter, memoryAfter - memory);
        entrant.Rounds.Add(round);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {peer.Peer.Name,-14} {round.Cost,10:0.00} {_job.CostUnit}  {load.Work / _job.WorkUnit.Size / load.Seconds,10:0.0} {_job.WorkUnit.Name}/s"));
    }

    /// <summary>A peer in this job, as far as it came.</summary>
    private sealed class Entrant(Peer peer)
    {
        private string? _problem;

        public string Name => peer.Name;

        public RunningPeer? Running { get; set; }

        public List<Round> Rounds { get; } = [];

        public long LogLinesBefore { get; set; }

        public double? MostPerSecond { get; set; }

        public async Task TryAsync(Func<Task> step)
        {
            if (_problem is not null)
                return;
            try
            {
                await step();
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException or SocketException or HttpRequestException)
            {
                _problem = e.Message;
                Console.Error.WriteLine($"  {peer.Name,-14} {_problem}");
            }
        }

        public Cell Cell()
        {
            var requests = Rounds.Sum(round => round.Load.Work);
            return new Cell(peer.Name, peer.OutOfContest)
            {
                Problem = _problem,
                Rounds = _problem is null ? Rounds : [],
                MostPerSecond = MostPerSecond,
                LogLinesPerRequest = _problem is null && peer.Logs.Count > 0 && requests > 0 ? (Running!.LogLines() - LogLinesBefore) / requests : null,
            };
        }
    }
}
