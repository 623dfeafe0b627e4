using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Policy;

namespace Sluice.Cli;

/// <summary>The commands that read a configuration file.</summary>
internal static class FileForm
{
    public static Task<int> RunAsync(string file) => 
        Serving.RunAsync(new ConfigurationSource(tryPorts => ConfigurationFile.Load(file, EnvironmentVariables.All(), tryPorts), Path.GetFullPath(file)));

    public static async Task<int> CheckAsync(string file, Streams streams)
    {
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All());
        if (loaded.Configuration is not { } configuration)
            return Serving.Report(loaded.Problems, streams.Error);
        var rules = configuration.Policies.Sum(policy => policy.Rules.Count);
        var (censor, unread) = Censor.Load(configuration.Policies, TimeProvider.System, NullLogger.Instance);
        await using (censor)
        {
            // Nothing of this stops a start: lines that are not understood are left out, and the others hold.
            var missing = configuration.Lists.Lists.Where(list => !File.Exists(list.Path)).ToDictionary(list => list.Path, list => list.Shown);
            PolicyProblem[] warnings =
            [
                .. unread.Select(problem => missing.TryGetValue(problem.Where, out var url)
                    ? new PolicyProblem(url, "has no copy yet and names nothing until it has: sluice lists update fetches it", Fatal: false)
                    : problem),
                .. censor.Needless(),
            ];
            foreach (var warning in warnings)
                await streams.Error.WriteLineAsync($"{warning.Where}: warning: {warning.Text}");
            var entries = censor.Lists().Sum(list => (long)list.Entries);
            await streams.Output.WriteLineAsync($"{file}: ok: {Count(configuration.Listeners.Count, "listener", "listeners")}, "
                + $"{Count(configuration.Policies.Count, "policy", "policies")} with {Count(rules, "rule", "rules")}, {Count(entries, "list entry", "list entries")}"
                + (warnings.Length == 0 ? "" : $"; {Count(warnings.Length, "warning", "warnings")}"));
            await streams.Output.WriteLineAsync($"access log: {StartText.Logs(configuration.Log)}");
        }
        return CommandTree.Ok;
    }

    private static string Count(long n, string one, string many) => $"{n} {(n == 1 ? one : many)}";
}
