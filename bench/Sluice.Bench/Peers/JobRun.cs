using System.Globalization;
using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>One job on all peers that fit: started fresh, shown to do what the job says, warmed up, then measured in turns.
/// A peer that fails anywhere gets its reason instead of figures and is left out from there on.</summary>
internal sealed class JobRun(Job job, PeersOptions options, Stage stage)
{
    // Logs are written within a second (nginx's flush=1s is the slowest): their CPU belongs to the round.
    private static readonly TimeSpan LogFlush = TimeSpan.FromMilliseconds(1_200);

    private readonly List<Entrant> _entrants = [];

    public async Task<IReadOnlyList<Cell>> RunAsync(CancellationToken cancel)
    {
        Console.Error.WriteLine($"{job.Name}: {job.Title}");
        try
        {
            foreach (var peer in options.Peers.Where(job.Fits))
                await EnterAsync(peer, cancel);
            for (var round = 0; round < (job.OnlyOnce ? 1 : options.Rounds); round++)
                foreach (var entrant in _entrants)
                    await entrant.TryAsync(() => MeasureAsync(entrant, cancel));
            return [.. _entrants.Select(entrant => entrant.Cell())];
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
            entrant.Running = await RunningPeer.StartAsync(peer, stage, cancel);
            await job.PrepareAsync(entrant.Running, stage, cancel);
            if (!job.OnlyOnce && options.WarmUp > TimeSpan.Zero)
                await job.RunAsync(entrant.Running, stage, options.WarmUp, cancel);
            await Task.Delay(LogFlush, cancel);
            entrant.LogLinesBefore = entrant.Running.LogLines();
        });
    }

    private async Task MeasureAsync(Entrant entrant, CancellationToken cancel)
    {
        var peer = entrant.Running!;
        var before = peer.Cpu();
        var memory = peer.MemoryBytes();
        var load = await job.RunAsync(peer, stage, options.Duration, cancel);
        var memoryAfter = load.MemoryBytes ?? peer.MemoryBytes();
        await Task.Delay(LogFlush, cancel);
        if (load.Problem is not null || peer.HasEnded)
            throw new InvalidDataException(load.Problem ?? $"it ended: {peer.Tail()}");
        var cpu = peer.Cpu().ToDictionary(figure => figure.Key, figure => figure.Value - before.GetValueOrDefault(figure.Key));
        var counted = cpu.Where(figure => figure.Key != Round.NotCounted).Sum(figure => figure.Value);
        var round = new Round(load, job.Cost(load, counted, memoryAfter - memory), cpu, memoryAfter);
        entrant.Rounds.Add(round);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {peer.Peer.Name,-14} {round.Cost,10:0.00} {job.CostUnit}  {load.Work / job.WorkUnit.Size / load.Seconds,10:0.0} {job.WorkUnit.Name}/s"));
    }

    /// <summary>A peer in this job, as far as it came.</summary>
    private sealed class Entrant(Peer peer)
    {
        private string? _problem;

        public RunningPeer? Running { get; set; }

        public List<Round> Rounds { get; } = [];

        public long LogLinesBefore { get; set; }

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
                LogLinesPerRequest = _problem is null && peer.Logs.Count > 0 && requests > 0 ? (Running!.LogLines() - LogLinesBefore) / requests : null,
            };
        }
    }
}
