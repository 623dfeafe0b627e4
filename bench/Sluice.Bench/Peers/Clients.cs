using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>Clients in this process that do the same thing over and over, each on its own; for what wrk cannot do.</summary>
internal static class Clients
{
    /// <param name="one">One request, from its first byte to its last; the argument counts them, over all clients.</param>
    public static async Task<Load> RunAsync(int count, TimeSpan duration, Func<int, Task> one)
    {
        var times = new List<double>[count];
        var began = TimeProvider.System.GetTimestamp();
        var next = 0;
        string? problem = null;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(client => Task.Run(async () =>
            {
                var own = times[client] = [];
                while (TimeProvider.System.GetElapsedTime(began) < duration)
                {
                    var start = TimeProvider.System.GetTimestamp();
                    await one(Interlocked.Increment(ref next));
                    own.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
                }
            })));
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            problem = e.Message;
        }
        var sorted = times.SelectMany(own => own ?? []).Order().ToList();
        return new Load(sorted.Count, TimeProvider.System.GetElapsedTime(began).TotalSeconds)
        {
            P50Ms = At(sorted, 0.5),
            P99Ms = At(sorted, 0.99),
            P999Ms = At(sorted, 0.999),
            Problem = problem,
        };
    }

    /// <summary>A percentile; null where nothing was measured.</summary>
    public static double? At(List<double> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
}
