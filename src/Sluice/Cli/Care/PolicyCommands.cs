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
        command.Add(Update(examples, connection));
        return command;
    }

    private static Command Update(Examples examples, ConnectionOptions connection)
    {
        var url = new Argument<string?>("url") { HelpName = "URL", Description = "The list; without it all.", Arity = ArgumentArity.ZeroOrOne };
        var command = connection.AddTo(new Command("update", "Asks now for the lists that rules name by URL: by the running proxy, or, where none runs, by itself, so that the next start has them.") { url });
        examples.Add(command, "sluice lists update -c sluice.yaml", "sluice lists update https://lists.example/hosts.txt");
        command.SetAction((parsed, stop) =>
        {
            var update = new ListsUpdate(parsed.GetValue(url), connection.WantsJson(parsed), TimeProvider.System);
            return connection.UseAsync(parsed, client => update.ByProxyAsync(client, stop), configuration => update.AloneAsync(configuration, stop));
        });
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
