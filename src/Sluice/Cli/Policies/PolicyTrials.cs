using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Policy;
using Sluice.Records;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Policies;

/// <summary><c>sluice policy</c>: policies are tried before they are used, on cases and on the traffic of the past.</summary>
internal static class PolicyTrials
{
    public static Command Command(Examples examples)
    {
        var command = new Command("policy", "Tries policies: on cases that stand beside them, or on a log of what was asked.") { Test(examples), Diff(examples) };
        examples.Add(command, "sluice policy test cases.yaml", "sluice policy diff old.yaml new.yaml --replay access.jsonl");
        return command;
    }

    private static Command Test(Examples examples)
    {
        var file = new Argument<string>("file") { HelpName = "FILE", Description = "The cases (YAML)." };
        var configuration = new Option<string?>("--config", "-c") { HelpName = "FILE", Description = "The configuration; else the file of cases names it." };
        var command = new Command("test", "Judges the cases of a file, and says of each that comes otherwise than expected why. Ends with 1 if there is one.") { file, configuration };
        examples.Add(command, "sluice policy test cases.yaml", "sluice policy test cases.yaml -c sluice.yaml");
        command.SetAction(parsed => TestAsync(parsed.GetRequiredValue(file), parsed.GetValue(configuration), Streams.Of(parsed)));
        return command;
    }

    private static Command Diff(Examples examples)
    {
        var before = new Argument<string>("old") { HelpName = "OLD", Description = "The configuration as it is." };
        var after = new Argument<string>("new") { HelpName = "NEW", Description = "The configuration as it would be." };
        var replay = new Option<string>("--replay") { HelpName = "FILE", Description = "An access log in JSON; - is standard input.", Required = true };
        var policy = new Option<string?>("--policy") { HelpName = "NAME", Description = "The policy that judges in both; else that of each listener." };
        var json = new Option<bool>("--json") { Description = "Prints JSON, for scripts." };
        var command = new Command("diff", "Says whose requests two configurations judge otherwise, by a log of what was asked.") { before, after, replay, policy, json };
        examples.Add(command, "sluice policy diff sluice.yaml new.yaml --replay access.jsonl", "sluice policy diff old.yaml new.yaml --replay access.jsonl --json");
        command.SetAction(parsed => DiffAsync(
            parsed.GetRequiredValue(before), parsed.GetRequiredValue(after), parsed.GetRequiredValue(replay), parsed.GetValue(policy), parsed.GetValue(json), Streams.Of(parsed)));
        return command;
    }

    private static async Task<int> TestAsync(string path, string? configuration, Streams streams)
    {
        var (file, problems) = CaseFile.Load(path, configuration, EnvironmentVariables.All());
        if (file is null)
            return Serving.Report(problems, streams.Error);
        await using var censor = Censor.Load(file.Configuration.Policies, TimeProvider.System, NullLogger.Instance).Censor;
        var failed = 0;
        foreach (var tried in file.Cases)
        {
            var came = censor.Explain(tried.Policy, tried.Request, tried.Asker, tried.Reply, tried.At, tried.Start);
            if (tried.At is null && came.Rules.Any(rule => rule.DependsOnTime))
                await streams.Error.WriteLineAsync($"{tried.Where}: warning: it comes otherwise at other times, write at: \"2026-09-01T10:00:00+02:00\"");
            if (came.Verdict.Outcome == tried.Expect && (tried.Rule is null || came.Verdict.Rule == tried.Rule))
                continue;
            failed++;
            var by = came.Verdict.Rule is { } rule ? $" by rule '{rule}'" : " by default";
            await streams.Output.WriteLineAsync(Safe($"{tried.Where}: {tried.Ask}: expected {tried.Expect}{(tried.Rule is { } wanted ? $" by rule '{wanted}'" : "")}, came {came.Verdict.Outcome}{by}"));
            Write(ExplainText.Rules(came.Rules.Select(ExplainedRule.Of)), streams.Output, indent: "  ");
        }
        await streams.Output.WriteLineAsync($"{file.Cases.Count - failed} passed, {failed} failed");
        return failed == 0 ? CommandTree.Ok : CommandTree.Wrong;
    }

    private static async Task<int> DiffAsync(string before, string after, string replay, string? policy, bool json, Streams streams)
    {
        if (Load(before, policy, streams) is not { } old || Load(after, policy, streams) is not { } @new || LogSource.Open(replay, streams.Error) is not { } log)
            return CommandTree.Wrong;
        await using (log)
        await using (var oldReplay = new Replay(old, policy))
        await using (var newReplay = new Replay(@new, policy))
        {
            var reader = new JsonLogReader(log);
            var (source, diff) = (new LogSource(reader), new PolicyDiff(oldReplay, newReplay));
            foreach (var request in source.Requests())
                diff.Add(request);
            if (json)
                await streams.Output.WriteLineAsync(JsonSerializer.Serialize(DiffReport.Of(diff, reader), JsonSerializerOptions.Web));
            else
                DiffText.Write(diff, source, streams);
            return CommandTree.Ok;
        }
    }

    private static Configuration? Load(string path, string? policy, Streams streams)
    {
        var loaded = ConfigurationFile.Load(path, EnvironmentVariables.All(), tryPorts: false);
        Serving.Report(loaded.Problems, streams.Error);
        if (policy is null || loaded.Configuration is not { } read || read.Policies.Any(known => known.Name == policy))
            return loaded.Configuration;
        streams.Error.WriteLine($"{path}: there is no policy '{policy}'");
        return null;
    }
}
