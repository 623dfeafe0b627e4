using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>
/// Lets a host through by a line at the end of a list file of one's own: that of the first allow rule of the policy that stands before the rule that refused. Never the configuration, and
/// never the copy of a subscribed list, which the next update would replace. The watching of list files finds it.
/// </summary>
internal sealed class AllowList(Administered administered, ILogger log)
{
    // The admin API and the dashboard write the same files.
    private static readonly Lock Writing = new();

    /// <param name="by">Who does it, as the comment says.</param>
    /// <exception cref="AdminProblemException">It is asked wrongly, or there is no such list.</exception>
    public Allowed Add(AllowOrder? order, string by)
    {
        if (order?.Policy is null || order.Host is null)
            throw CacheEndpoints.Wrong("name a policy and a host");
        if (HostPattern.TryParse(order.Host, out var host) is { } wrong)
            throw CacheEndpoints.Wrong($"host: '{order.Host}' {wrong}");
        var policy = administered.Policies().FirstOrDefault(policy => policy.Name == order.Policy) ?? throw CacheEndpoints.Wrong($"policy: no policy is named '{order.Policy}'");
        var rule = RuleOf(policy, order.Rule);
        var line = Line(rule.HostsFile!, host, order.Host);
        lock (Writing)
        {
            if (Names(rule.HostsFile!, line))
                return new Allowed(rule.Id, rule.HostsFile!, Added: false);
            Append(rule.HostsFile!, $"{line} # allowed by {by}, {administered.Time.GetUtcNow():yyyy-MM-dd HH:mm}Z");
        }
        DashboardLog.HostAllowed(log, $"{host}", rule.HostsFile!, by);
        return new Allowed(rule.Id, rule.HostsFile!, Added: true);
    }

    private RuleOptions RuleOf(PolicyOptions policy, string? refusing)
    {
        var before = policy.Rules.TakeWhile(rule => rule.Id != refusing).ToList();
        if (refusing is not null && before.Count == policy.Rules.Count)
            throw CacheEndpoints.Wrong($"rule: the policy '{policy.Name}' has no rule '{refusing}'");
        var subscribed = administered.Lists().States.Select(copy => copy.Path).ToHashSet();
        return before.Find(rule => rule is { Action: RuleAction.Allow, HostsFile: { } file } && !subscribed.Contains(file)) ?? throw new AdminProblemException(StatusCodes.Status409Conflict,
            $"The policy '{policy.Name}' has no allow rule with a list file of its own {(refusing is null ? "" : $"before the rule '{refusing}' ")}to write to: add one, "
            + "for example - { id: allowed, allow: true, hosts: { file: allowed.txt } }");
    }

    /// <summary>In the format that the file has.</summary>
    private string Line(string file, HostPattern host, string asked) => (administered.Censor().Lists().FirstOrDefault(list => list.Path == file)?.Format ?? ListFormat.Lines) switch
    {
        ListFormat.Lines => $"{host}",
        ListFormat.Hosts when host is { MatchesItself: true, MatchesBelow: false } => $"0.0.0.0 {host}",
        ListFormat.Hosts => throw CacheEndpoints.Wrong($"host: '{asked}' names more than one host, which {file} cannot: it is a hosts file"),
        var format => throw new AdminProblemException(StatusCodes.Status409Conflict, $"{file} is made for other programs ({format.ToString().ToLowerInvariant()}): name a file of your own lines in the allow rule"),
    };

    private static bool Names(string file, string line)
    {
        try
        {
            return File.ReadLines(file, Encoding.Latin1).Any(known => known.Split('#')[0].Trim().Equals(line, StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritten(file, e);
        }
    }

    /// <summary>By one write: who reads the file sees all of the line or nothing of it.</summary>
    private static void Append(string file, string line)
    {
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            Span<byte> last = stackalloc byte[1];
            var isTorn = length > 0 && RandomAccess.Read(handle, last, length - 1) == 1 && last[0] != '\n';
            RandomAccess.Write(handle, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(isTorn ? "\n" : "")}{line}\n")), length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritten(file, e);
        }
    }

    private static AdminProblemException Unwritten(string file, Exception why) => new(StatusCodes.Status409Conflict, $"{file} cannot be written: {why.Message}");
}

/// <summary>POST /v1/policy/allow</summary>
/// <param name="Host">As in lists: <c>.example.com</c> with all below it.</param>
/// <param name="Rule">That refused it; null: not known, or the default.</param>
public sealed record AllowOrder(string? Policy = null, string? Host = null, string? Rule = null);

/// <param name="Rule">That lets it through now.</param>
/// <param name="File">Of that rule.</param>
/// <param name="Added">False: it named the host before.</param>
public sealed record Allowed(string Rule, string File, bool Added);
