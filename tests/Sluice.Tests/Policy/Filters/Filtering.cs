using System.Text;
using Sluice.Policy;
using Sluice.Policy.Filters;

namespace Sluice.Tests.Policy.Filters;

/// <summary>Filters and requests as the tests write them.</summary>
internal static class Filtering
{
    /// <summary>One list, <c>list</c>, of these lines.</summary>
    public static FilterSet Set(params string[] lines) => FilterSet.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines)), "list", []);

    /// <summary>Of the lines that are faults, all.</summary>
    public static List<string> Problems(params string[] lines)
    {
        var problems = new List<PolicyProblem>();
        FilterSet.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines)), "list", problems);
        return [.. problems.Select(problem => problem.ToString())];
    }

    /// <summary>What the set says of a script that a page at another site asks for; where <paramref name="source"/> is null, of its own site.</summary>
    public static FilterOutcome Judge(FilterSet set, string url, string? source = "page.test", RequestType type = RequestType.Script, string method = "GET") =>
        set.Match(new FilterRequest { Url = url, Source = source ?? new Uri(url).Host, Type = type, Method = method }).Outcome;
}
