using Sluice.Config;

namespace Sluice.Cli;

/// <summary>The commands that read a configuration file.</summary>
internal static class FileForm
{
    public static Task<int> RunAsync(string file) => Serving.RunAsync(ConfigurationFile.Load(file, EnvironmentVariables.All()));

    public static int Check(string file)
    {
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All());
        if (loaded.Configuration is not { } configuration)
            return Serving.Report(loaded.Problems);
        var rules = configuration.Policies.Sum(policy => policy.Rules.Count);
        Console.Out.WriteLine($"{file}: ok: {Count(configuration.Listeners.Count, "listener", "listeners")}, "
            + $"{Count(configuration.Policies.Count, "policy", "policies")} with {Count(rules, "rule", "rules")}");
        return CommandTree.Ok;
    }

    private static string Count(int n, string one, string many) => $"{n} {(n == 1 ? one : many)}";
}
