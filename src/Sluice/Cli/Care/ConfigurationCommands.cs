using System.CommandLine;
using System.Text.Json;
using Sluice.Dashboard;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Care;

/// <summary><c>sluice reload</c>: a client of the admin API of a running proxy.</summary>
internal static class ConfigurationCommands
{
    public static Command Reload(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var command = connection.AddTo(new Command("reload", "Has a running proxy read its configuration and its lists again; what is wrong is shown, and the former one stays in force."));
        examples.Add(command, "sluice reload -c sluice.yaml", "sluice reload --json --socket /run/sluice/admin");
        command.SetAction(async (parsed, stop) =>
        {
            var isRefused = false;
            var code = await connection.AskAsync(parsed, AskAsync, body => Print(Read<ConfigurationState>(body)));
            return isRefused ? CommandTree.Wrong : code;

            async Task<AdminAnswer> AskAsync(AdminClient client)
            {
                var answer = await client.PostAsync<object?>("/v1/configuration/reload", null, stop);
                isRefused = answer.Problem is null && Read<ConfigurationState>(answer.Body).IsRefused;
                return answer;
            }
        });
        return command;
    }

    private static void Print(ConfigurationState state)
    {
        foreach (var problem in state.Problems)
            Console.Error.WriteLine(Safe(problem));
        Console.Out.WriteLine(state.IsRefused ? $"not taken: configuration {state.Generation} stays in force" : $"configuration {state.Generation} is in force");
        foreach (var key in state.AtNextStart)
            Console.Out.WriteLine($"{Safe(key)} has changed: that takes effect when the program starts again");
    }
}
