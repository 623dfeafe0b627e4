using System.CommandLine;
using System.Globalization;
using Sluice.Config;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Cli.Policies;

/// <summary><c>sluice learn</c>: from an access log to the policy that allows what is in it.</summary>
internal static class LearnCommand
{
    public static Command Command(Examples examples)
    {
        var log = new Argument<string>("log") { HelpName = "FILE", Description = "An access log in JSON; - is standard input." };
        var name = new Option<string>("--policy") { HelpName = "NAME", Description = "The name of the policy.", DefaultValueFactory = _ => "learned" };
        var command = new Command("learn", "Prints the smallest policy that allows all that a log has let through, and by default denies.") { log, name };
        examples.Add(command, "sluice learn access.jsonl > policy.yaml", "sluice learn access.jsonl --policy runners");
        command.SetAction(parsed => Run(parsed.GetRequiredValue(log), parsed.GetRequiredValue(name), Streams.Of(parsed)));
        return command;
    }

    private static int Run(string path, string name, Streams streams)
    {
        if (LogSource.Open(path, streams.Error) is not { } stream)
            return CommandTree.Wrong;
        using (stream)
        {
            var log = new JsonLogReader(stream);
            var (source, learner, used) = (new LogSource(log), new PolicyLearner(), 0L);
            foreach (var request in source.Requests())
            {
                // What was refused is nobody's wish to keep.
                if (request.Record.Verdict == "deny")
                    continue;
                if (Values.Method(request.Head.Method, out _) is not null || !learner.TryAdd(request.Head.Method, request.Head.Target))
                    log.Refuse(request.Record, $"no rule can name '{request.Head.Method} {request.Head.Target.Host}'");
                else
                    used++;
            }
            var policy = learner.Learn(name);
            streams.Output.Write(Yaml(policy, used));
            foreach (var line in source.LeftOut())
                streams.Error.WriteLine(Care.AdminText.Safe(line));
            return CommandTree.Ok;
        }
    }

    private static string Yaml(PolicyOptions policy, long used)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"# Allows {used} exchanges of a log and, but for hosts below the domains that begin with a dot or a star, nothing else.");
        text.WriteLine("policies:");
        text.WriteLine($"  {Word(policy.Name)}:");
        text.WriteLine("    default: deny");
        text.WriteLine(policy.Rules.Count == 0 ? "    rules: []" : "    rules:");
        foreach (var rule in policy.Rules)
        {
            text.WriteLine($"      - id: {rule.Id}");
            text.WriteLine("        allow: true");
            text.WriteLine($"        methods: [{string.Join(", ", rule.Methods.Select(Word))}]");
            text.WriteLine($"        ports: [{string.Join(", ", rule.Ports)}]");
            text.WriteLine("        hosts:");
            foreach (var host in rule.Hosts)
                text.WriteLine($"          - {Word(host)}");
        }
        return text.ToString();
    }

    // Plain where nobody takes it for something else: a star begins an alias, yes and 1.5 are no text.
    private static string Word(string text) =>
        text.AsSpan(text.StartsWith('.') ? 1 : 0) is [>= 'a' and <= 'z' or >= 'A' and <= 'Z', ..] && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        && text.ToLowerInvariant() is not ("null" or "true" or "false")
            ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
