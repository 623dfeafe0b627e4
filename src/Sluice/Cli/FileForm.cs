using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Policy;

namespace Sluice.Cli;

/// <summary>The commands that read a configuration file.</summary>
internal static class FileForm
{
    public static Task<int> RunAsync(string file) => 
        Serving.RunAsync(new ConfigurationSource(tryPorts => ConfigurationFile.Load(file, EnvironmentVariables.All(), tryPorts), Path.GetFullPath(file)));

    public static async Task<int> CheckAsync(string file)
    {
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All());
        if (loaded.Configuration is not { } configuration)
            return Serving.Report(loaded.Problems);
        var rules = configuration.Policies.Sum(policy => policy.Rules.Count);
        // Lines of a list that are not understood are left out, and the others hold: nothing that stops a start.
        var (censor, leftOut) = Censor.Load(configuration.Policies, TimeProvider.System, NullLogger.Instance);
        await using (censor)
        {
            var missing = configuration.Lists.Lists.Where(list => !File.Exists(list.Path)).ToDictionary(list => list.Path, list => list.Shown);
            foreach (var problem in leftOut)
                await Console.Error.WriteLineAsync(missing.TryGetValue(problem.Where, out var url)
                    ? $"{url}: has no copy yet and names nothing until it has: sluice lists update fetches it"
                    : $"{problem}, the line is left out");
        }
        await Console.Out.WriteLineAsync($"{file}: ok: {Count(configuration.Listeners.Count, "listener", "listeners")}, "
            + $"{Count(configuration.Policies.Count, "policy", "policies")} with {Count(rules, "rule", "rules")}");
        return CommandTree.Ok;
    }

    private static string Count(int n, string one, string many) => $"{n} {(n == 1 ? one : many)}";
}
