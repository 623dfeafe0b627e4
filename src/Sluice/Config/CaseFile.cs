using System.Net;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>A request, and what a policy shall say of it.</summary>
/// <param name="Where"><c>cases.yaml:4:5</c></param>
/// <param name="Ask">As it is written.</param>
/// <param name="Policy">Null: its listener has none.</param>
/// <param name="At">Null: now.</param>
/// <param name="Reply">Null: it is not about the answer.</param>
/// <param name="Start">Null: the tunnel is judged by its CONNECT alone.</param>
/// <param name="Expect"><c>allow</c>, <c>deny</c> or <c>report</c>.</param>
/// <param name="Rule">That shall decide; null: any or none.</param>
public sealed record PolicyCase(
    string Where, string Ask, RequestHead Request, Asker Asker, string? Policy, DateTimeOffset? At, ResponseHead? Reply, TunnelStart? Start, string Expect, string? Rule);

/// <summary>Cases beside a configuration: the tests of its policies.</summary>
public sealed record CaseFile(Configuration Configuration, IReadOnlyList<PolicyCase> Cases)
{
    /// <summary>Reads both. Never throws for what the files hold: that is a problem.</summary>
    /// <param name="path">As the user named it.</param>
    /// <param name="configuration">Goes before the one that the file names; null: that one.</param>
    /// <param name="environment">As for <see cref="ConfigurationFile.Load"/>.</param>
    /// <returns>The cases, or every problem that stands in their way.</returns>
    public static (CaseFile? File, IReadOnlyList<Problem> Problems) Load(string path, string? configuration, IReadOnlyDictionary<string, string> environment)
    {
        var problems = new ProblemList();
        if (ConfigurationFile.ReadTree(path, problems, out var folder, CaseKeys.Least) is not { } root)
            return (null, problems.InOrder());
        var top = new Section(root, "", "", CaseKeys.Table, problems);
        var named = top.Text("config");
        if (configuration is null && named is null)
            top.Problem("config", "'config' is missing, write config: sluice.yaml, or give -c FILE");
        if (!problems.IsEmpty && configuration is null && named is null)
            return (null, problems.InOrder());
        var loaded = ConfigurationFile.Load(configuration ?? Shown(Path.Combine(folder, named!)), environment, tryPorts: false);
        if (loaded.Configuration is not { } read)
            return (null, [.. problems.InOrder(), .. loaded.Problems]);
        var cases = new CaseReader(read).Read(top);
        return (problems.IsEmpty ? new CaseFile(read, cases) : null, problems.InOrder());
    }

    /// <summary>From where one stands, if that is shorter.</summary>
    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length ? relative : path;
    }
}
