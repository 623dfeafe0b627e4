using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Sluice.Cli.Care;
using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Cli.Top;

/// <summary>Gathers from the admin API what is to be shown: records as they come, the rest once a second. Where the proxy goes away it says so, and tries again.</summary>
internal sealed class TopFeed(AdminClient client, TimeProvider time)
{
    private const int Kept = 1000;
    private const int Top = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TopData _data = new() { Now = time.GetUtcNow() };
    private string? _trouble;

    public TopData Data
    {
        get
        {
            lock (_lock)
                return _data with { Trouble = _trouble, Now = _trouble is null ? time.GetUtcNow() : _data.Now };
        }
    }

    /// <summary>Asks for everything once.</summary>
    /// <returns>Why not; null: it came.</returns>
    public async Task<AdminAnswer?> AskAllAsync(TopView view, CancellationToken stop)
    {
        foreach (var pane in new[] { TopPane.Exchanges, TopPane.Tunnels, TopPane.Upstreams })
            if (await AskAsync(view with { Pane = pane }, stop) is { } problem)
                return problem;
        return await AskRecentAsync(view.Filter, stop);
    }

    /// <summary>Once a second, what the pane needs.</summary>
    /// <param name="view">As it is now.</param>
    /// <param name="asked">Fires when it has changed.</param>
    public async Task PollAsync(Func<TopView> view, SemaphoreSlim asked, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await TryAsync(async () => await AskAsync(view(), stop), stop);
            await ((Task)asked.WaitAsync(Every, stop)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Records as they come, those of before first.</summary>
    public async Task FollowAsync(TopFilter filter, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await TryAsync(() => FollowOnceAsync(filter, stop), stop);
            await Task.Delay(Every, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryAsync(Func<Task<AdminAnswer?>> ask, CancellationToken stop)
    {
        string? trouble;
        try
        {
            trouble = (await ask())?.Problem;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or InvalidOperationException)
        {
            trouble = $"{client.Place.Name}: {ConnectionOptions.WhyNot(client.Place, e)} Trying again.";
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_lock)
            if (!stop.IsCancellationRequested)
                _trouble = trouble is null ? null : AdminText.Safe(trouble);
    }

    private async Task<AdminAnswer?> AskAsync(TopView view, CancellationToken stop)
    {
        var answer = await client.GetAsync(AdminClient.Path("/v1/traffic",
            ("seconds", Text(view.Window)), ("top", Text(Top)), ("by", TopTable.OrderOf(view).ToString().ToLowerInvariant())), stop);
        if (answer.Problem is not null)
            return answer;
        var traffic = AdminText.Read<TrafficReport>(answer.Body);
        if (view.Pane is TopPane.Tunnels && (answer = await client.GetAsync("/v1/tunnels", stop)).Problem is null)
            Change(data => data with { Tunnels = AdminText.Read<TunnelReport>(answer.Body).Tunnels });
        if (view.Pane is TopPane.Upstreams && (answer = await client.GetAsync("/v1/upstreams", stop)).Problem is null)
            Change(data => data with { Upstreams = AdminText.Read<UpstreamReport>(answer.Body).Upstreams });
        Change(data => data with { Traffic = traffic, Now = traffic.Now });
        return answer.Problem is null ? null : answer;
    }

    private async Task<AdminAnswer?> AskRecentAsync(TopFilter filter, CancellationToken stop)
    {
        var answer = await client.GetAsync(AdminClient.Path("/v1/traffic/recent", [("limit", Text(Top)), .. filter.Conditions]), stop);
        if (answer.Problem is not null)
            return answer;
        Change(data => data with { Exchanges = [.. answer.Body.GetProperty("records").EnumerateArray().Select(record => record.Deserialize<LoggedExchange>()!)] });
        return null;
    }

    private async Task<AdminAnswer?> FollowOnceAsync(TopFilter filter, CancellationToken stop)
    {
        var (stream, problem) = await client.FollowAsync(AdminClient.Path("/v1/traffic/live", [.. filter.Conditions]), stop);
        if (stream is null)
            return problem;
        await using (stream)
        {
            // Those of before the stream. What came between the two is in both.
            if (await AskRecentAsync(filter, stop) is { } refused)
                return refused;
            var known = Data.Exchanges.Select(exchange => exchange.Number).ToHashSet();
            var batch = new List<LoggedExchange>();
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(stop))
            {
                // Taken over once a second, or when there are many: the list is made anew each time.
                if (item.EventType == "record")
                {
                    if (JsonSerializer.Deserialize<LoggedExchange>(item.Data) is { } exchange && !known.Remove(exchange.Number))
                        batch.Add(exchange);
                }
                else if (item.EventType == "missed")
                    Change(data => data with { Missed = data.Missed + JsonSerializer.Deserialize<MissedRecords>(item.Data, JsonSerializerOptions.Web)!.Count });
                if (item.EventType == "record" && batch.Count < Kept)
                    continue;
                var newest = Enumerable.Reverse(batch).ToList();
                batch.Clear();
                Change(data => data with { Exchanges = [.. newest.Concat(data.Exchanges).Take(Kept)] });
            }
        }
        throw new IOException("the proxy has ended the stream.");
    }

    private void Change(Func<TopData, TopData> change)
    {
        lock (_lock)
            _data = change(_data);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
