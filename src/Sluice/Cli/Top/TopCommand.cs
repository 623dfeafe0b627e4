using System.CommandLine;
using System.Threading.Channels;
using Sluice.Cli.Care;

namespace Sluice.Cli.Top;

/// <summary><c>sluice top</c>: what passes just now, on a terminal.</summary>
internal static class TopCommand
{
    private const int RowsOfASnapshot = 10;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public static Command Command(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var once = new Option<bool>("--once") { Description = "Prints what it shows once; so it does where there is no terminal." };
        var window = new Option<int>("--window") { HelpName = "SECONDS", Description = "What totals, latencies and tops are of: 10, 60 (the default), 300 or 900.", DefaultValueFactory = _ => 60 };
        window.AcceptOnlyFromAmong([.. TopView.Windows.Select(seconds => seconds.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
        var filter = new Option<string?>("--filter") { HelpName = "WORDS", Description = "Shows only what fits: words, or conditions such as status=4xx, host=.example.com, client=10.0.0.0/8, verdict=deny." };
        var command = connection.AddTo(
            new Command("top", "What passes just now: exchanges, hosts, clients, rules, tunnels and upstreams, live. Keys: 1-6 or Tab: pane, s: sort, /: filter, p: pause, w: window, arrows: scroll, q: quit.") { once, window, filter },
            printsJson: false);
        examples.Add(command, "sluice top -c sluice.yaml", "sluice top --filter \"verdict=deny\" --socket /run/sluice/admin.sock", "sluice top --once --window 300 | less");
        command.SetAction(async (parsed, stop) =>
        {
            var error = Streams.Of(parsed).Error;
            if (TopFilter.TryParse(parsed.GetValue(filter) ?? "", TimeProvider.System.GetUtcNow(), out var wanted) is { } wrong)
            {
                await error.WriteLineAsync($"sluice: --filter: {wrong}");
                return CommandTree.Wrong;
            }
            var view = new TopView { Window = parsed.GetValue(window), Filter = wanted };
            return await connection.UseAsync(parsed, async client =>
            {
                var feed = new TopFeed(client, TimeProvider.System);
                if (await feed.AskAllAsync(view, stop) is { } problem)
                    return ConnectionOptions.Complain(problem, error);
                if (parsed.GetValue(once) || !Terminal.IsThere)
                    foreach (var line in TopScreen.Snapshot(feed.Data, view, RowsOfASnapshot))
                        await Streams.Of(parsed).Output.WriteLineAsync(line);
                else
                    await ShowAsync(feed, view);
                return CommandTree.Ok;
            });
        });
        return command;
    }

    private static async Task ShowAsync(TopFeed feed, TopView view)
    {
        using var terminal = new Terminal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(terminal.Ended);
        using var asked = new SemaphoreSlim(0);
        var shown = view;
        var keys = ReadKeys();
        var polling = feed.PollAsync(() => Volatile.Read(ref shown), asked, stop.Token);
        var following = new Following(feed, view.Filter, stop.Token);
        await following.BeginAsync();
        var color = Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        var (data, size) = (feed.Data, (0, 0));
        while (!stop.IsCancellationRequested)
        {
            var now = Terminal.Size;
            data = shown.IsPaused ? data with { Trouble = feed.Data.Trouble } : feed.Data;
            terminal.Draw(TopScreen.Draw(data, shown, now.Width, now.Height, color), now != size);
            size = now;
            if (await NextAsync(keys, stop.Token) is not { } key)
                continue;
            if (shown.Press(key, now.Height - TopScreen.Frame, TopTable.SortableOf(shown.Pane), TimeProvider.System.GetUtcNow()) is not { } next)
                break;
            if (next.Filter.Conditions.SequenceEqual(shown.Filter.Conditions) is false)
                await following.BeginAsync(next.Filter);
            if (next.Pane != shown.Pane || next.Sort != shown.Sort || next.Window != shown.Window)
                asked.Release();
            Volatile.Write(ref shown, next with { Offset = Math.Min(next.Offset, Math.Max(0, TopTable.Of(data, next).Rows.Count() - (now.Height - TopScreen.Frame))) });
        }
        await stop.CancelAsync();
        await Task.WhenAll(polling, following.EndAsync());
    }

    /// <summary>The next key, or null after a while.</summary>
    private static async Task<ConsoleKeyInfo?> NextAsync(ChannelReader<ConsoleKeyInfo> keys, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(LookEvery);
        try
        {
            return await keys.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // The console has no way to wait for a key that can be given up: the thread ends with the program.
    private static ChannelReader<ConsoleKeyInfo> ReadKeys()
    {
        var keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
        new Thread(() =>
        {
            try
            {
                while (true)
                    keys.Writer.TryWrite(Console.ReadKey(intercept: true));
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The terminal is gone.
                keys.Writer.TryWrite(new ConsoleKeyInfo('q', ConsoleKey.Q, false, false, false));
            }
        }) { IsBackground = true }.Start();
        return keys.Reader;
    }

    /// <summary>The stream of records, with another filter from time to time.</summary>
    private sealed class Following(TopFeed feed, TopFilter filter, CancellationToken stop)
    {
        private CancellationTokenSource _one = CancellationTokenSource.CreateLinkedTokenSource(stop);
        private Task? _task;

        public Task EndAsync() => BeginAsync(null);

        public async Task BeginAsync(TopFilter? next)
        {
            await _one.CancelAsync();
            await (_task ?? Task.CompletedTask);
            _one.Dispose();
            _one = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _task = next is null ? null : feed.FollowAsync(next, _one.Token);
        }

        public Task BeginAsync() => BeginAsync(filter);
    }
}
