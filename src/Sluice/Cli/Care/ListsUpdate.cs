using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Upstream;
using Spectre.Console;

namespace Sluice.Cli.Care;

/// <summary><c>sluice lists update</c>: asks for subscribed lists, shows how far they have come, and tells what came of each.</summary>
/// <param name="url">Null: all.</param>
/// <param name="json">Prints their states as JSON, and no progress.</param>
internal sealed class ListsUpdate(string? url, bool json, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The running proxy asks.</summary>
    public async Task<int> ByProxyAsync(AdminClient client, CancellationToken stop)
    {
        var before = await LookAsync(client, stop);
        var begun = await client.PostAsync("/v1/policy/lists/update", new UpdateOrder(url), stop);
        return begun.Problem is null ? await ShowAsync(before, () => LookAsync(client, stop), stop) : ConnectionOptions.Complain(begun);
    }

    /// <summary>This process asks.</summary>
    public async Task<int> AloneAsync(Configuration configuration, CancellationToken stop)
    {
        using var upstream = new UpstreamPool(new Dialer(time, configuration.Resolver), Proxy.UpstreamOptionsOf(configuration.Limits), time);
        await using var lists = new ListSubscriptions(configuration.Lists, upstream, guard => new AddressRules([], [], guard), time, NullLogger.Instance);
        var before = Look();
        if (lists.Ask(url).Count > 0 || url is null)
            return await ShowAsync(before, () => Task.FromResult(Look()), stop);
        await Console.Error.WriteLineAsync($"sluice: url: no rule names a list '{url}'");
        return CommandTree.Wrong;

        List<SubscriptionFacts> Look() => [.. lists.States.Select(SubscriptionFacts.Of)];
    }

    private static async Task<List<SubscriptionFacts>> LookAsync(AdminClient client, CancellationToken stop)
    {
        var answer = await client.GetAsync("/v1/policy/lists", stop);
        if (answer.Problem is { } problem)
            throw new IOException(problem);
        return [.. AdminText.Read<ListReport>(answer.Body).Lists.Select(list => list.Subscription).OfType<SubscriptionFacts>().Distinct()];
    }

    private async Task<int> ShowAsync(List<SubscriptionFacts> before, Func<Task<List<SubscriptionFacts>>> look, CancellationToken stop)
    {
        var console = AnsiConsole.Console;
        if (!json && console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive)
            await console.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn())
                .StartAsync(async shown =>
                {
                    var bars = new Dictionary<string, ProgressTask>();
                    await WaitAsync(look, now => Move(shown, bars, now), stop);
                });
        else
            await WaitAsync(look, _ => { }, stop);
        var after = (await look()).Where(list => before.Find(b => b.Url == list.Url)?.Asked != list.Asked).ToList();
        if (json)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(after, JsonSerializerOptions.Web));
        else
            Tell(before, after);
        return after.TrueForAll(list => list.Error is null) ? CommandTree.Ok : CommandTree.Failed;
    }

    private async Task WaitAsync(Func<Task<List<SubscriptionFacts>>> look, Action<List<SubscriptionFacts>> show, CancellationToken stop)
    {
        while (true)
        {
            var now = await look();
            show(now);
            if (now.TrueForAll(list => list.Progress is null))
                return;
            await Task.Delay(LookEvery, time, stop);
        }
    }

    private static void Move(ProgressContext shown, Dictionary<string, ProgressTask> bars, List<SubscriptionFacts> now)
    {
        foreach (var list in now)
        {
            if (!bars.TryGetValue(list.Url, out var bar) && list.Progress is not null)
                bars[list.Url] = bar = shown.AddTask(Markup.Escape(list.Url));
            if (bar is null)
                continue;
            if (list.Progress is { } progress)
            {
                bar.IsIndeterminate = progress.Total is null;
                bar.MaxValue = progress.Total ?? progress.Bytes + 1;
                bar.Value = progress.Bytes;
            }
            else if (list.Error is null)
                bar.Value = bar.MaxValue;
            else
                bar.StopTask();
        }
    }

    private static void Tell(List<SubscriptionFacts> before, List<SubscriptionFacts> after)
    {
        foreach (var list in after)
            Console.Out.WriteLine(list.Error is { } error ? $"failed     {AdminText.Safe(list.Url)}: {AdminText.Safe(error)}"
                : $"{(before.Find(b => b.Url == list.Url)?.Changed == list.Changed ? "unchanged" : "changed  ")}  {AdminText.Safe(list.Url)}");
        if (after.Count == 0)
            Console.Out.WriteLine("no rule names a list by URL");
    }
}
