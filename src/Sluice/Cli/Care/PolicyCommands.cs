using System.CommandLine;

namespace Sluice.Cli.Care;

/// <summary><c>sluice lists</c> and <c>sluice rules</c>: clients of the admin API of a running proxy.</summary>
internal static class PolicyCommands
{
    public static Command Lists(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var command = connection.AddTo(new Command("lists", "Shows the lists of a running proxy: entries, hits, and the lines that were not understood."));
        examples.Add(command, "sluice lists -c sluice.yaml", "sluice lists --json --socket /run/sluice/admin");
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.GetAsync("/v1/policy/lists", stop), PolicyText.Lists));
        return command;
    }

    public static Command Rules(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var command = connection.AddTo(new Command("rules", "Shows how often each rule of a running proxy has matched, and when the last time."));
        examples.Add(command, "sluice rules -c sluice.yaml", "sluice rules --json --socket /run/sluice/admin");
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.GetAsync("/v1/policy/rules", stop), PolicyText.Rules));
        return command;
    }
}
