using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sluice.Dashboard;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Care;

/// <summary><c>sluice status</c>: how a running proxy fares, for people and for scripts.</summary>
internal static class StatusCommand
{
    public static Command Command(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var command = connection.AddTo(new Command("status", "How a running proxy fares: whether it is ready, its listeners, logs and cache. Exit code 0: ready, 1: asked wrongly, 2: nobody answers, 3: not ready."));
        examples.Add(command, "sluice status -c sluice.yaml", "sluice status --json --socket /run/sluice/admin.sock", "sluice status --url http://127.0.0.1:3129 --token-file token.txt");
        command.SetAction(async (parsed, stop) =>
        {
            var isReady = true;
            var code = await connection.AskAsync(parsed, AskAsync, body => Print(body, Streams.Of(parsed).Output));
            return code == CommandTree.Ok && !isReady ? CommandTree.NotReady : code;

            async Task<AdminAnswer> AskAsync(AdminClient client)
            {
                var answer = await client.GetAsync("/v1/status", stop);
                isReady = answer.Problem is null && answer.Body.GetProperty("ready").GetBoolean();
                return answer;
            }
        });
        return command;
    }

    private static void Print(JsonElement body, TextWriter to)
    {
        var status = Read<StatusFacts>(body);
        to.WriteLine($"Sluice {Safe(status.Version)} {(status.Ready ? "is ready" : "is not ready")}, runs for {Span((long)(status.Now - status.Started).TotalSeconds)}, configuration {status.Generation}");
        foreach (var reason in status.Reasons)
            to.WriteLine($"  {Safe(reason)}");
        foreach (var warning in status.Warnings)
            to.WriteLine($"  warning: {Safe(warning)}");
        to.WriteLine();
        var listeners = Plain("listener", "kind", "address", "open");
        foreach (var listener in status.Listeners)
            Row(listeners, listener.Name, listener.Kind, listener.Address, Number(listener.Open));
        Write(listeners, to);
        to.WriteLine();
        var facts = Plain("", "");
        facts.ShowHeaders = false;
        var totals = status.Totals;
        Row(facts, "exchanges", $"{Number(totals.Exchanges)}, refused {Number(totals.Denied)}, failed {Number(totals.Failed)}, from the cache {Number(totals.Hits)}");
        Row(facts, "octets", $"up {Quantities.Bytes(totals.BytesUp)}, down {Quantities.Bytes(totals.BytesDown)}");
        Row(facts, "open tunnels", Number(status.Tunnels));
        foreach (var (name, tier) in new[] { ("memory cache", status.Cache.Memory), ("disk cache", status.Cache.Disk) })
            if (tier is not null)
                Row(facts, name, $"{Number(tier.Entries)} entries, {Quantities.Bytes(tier.Bytes)} of {Quantities.Bytes(tier.CapacityBytes)}");
        Row(facts, "hit ratio", status.Cache.HitRatio.ToString("P1", CultureInfo.InvariantCulture));
        foreach (var output in status.Outputs)
            Row(facts, output.Name == status.History ? "history" : "records to", $"{output.Name}: {Number(output.Written)} written, {Number(output.Dropped)} lost{(output.Failing is { } why ? $"; fails: {why}" : "")}");
        Write(facts, to);
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>As <see cref="StatusReport"/>; its totals cannot be made from JSON.</summary>
    private sealed record StatusFacts(
        string Version, DateTimeOffset Started, DateTimeOffset Now, int Generation, bool Ready, IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings,
        IReadOnlyList<ListenerFacts> Listeners, Sums Totals, int Tunnels, IReadOnlyList<Records.OutputState> Outputs, string? History, CacheStats Cache);

    private sealed record Sums(long Exchanges, long Hits, long Denied, long Failed, long BytesUp, long BytesDown);
}
