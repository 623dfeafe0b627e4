using Sluice.Http;

namespace Sluice.Policy.Conditions;

/// <summary>Paths, with case, and whole URLs, without. A tunnel shows no path: no path matches it. An escaped slash is data in a path, but
/// some origins take it for a slash: what allows must match in both readings, for all else one is enough.</summary>
internal sealed class UrlCondition(RuleOptions rule) : Condition
{
    private readonly TextPattern[] _paths = [.. rule.Paths];
    private readonly TextPattern[] _urls = [.. rule.Urls];
    private readonly bool _needsBoth = rule.Action == RuleAction.Allow;

    public static bool IsIn(RuleOptions rule) => rule.Paths.Count + rule.Urls.Count > 0;

    public override string Name => _paths.Length == 0 ? "urls" : _urls.Length == 0 ? "paths" : "paths, urls";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        if (_paths.Length > 0 && asked.Target.Form == TargetForm.Authority)
            return false;
        var path = asked.Target.PathInOneSpelling;
        var other = asked.Target.PathInOtherReading;
        var matches = Any(_paths, path, ignoreCase: false) && (_urls.Length == 0 || Any(_urls, asked.WholeUrl, ignoreCase: true));
        if (path == other || matches != _needsBoth)
            return matches;
        return Any(_paths, other, ignoreCase: false) && (_urls.Length == 0 || Any(_urls, asked.WholeUrlInOtherReading, ignoreCase: true));
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        if (!holds && _paths.Length > 0 && asked.Target.Form == TargetForm.Authority)
            return "a tunnel shows no path";
        var path = asked.Target.PathInOneSpelling;
        var readings = path == asked.Target.PathInOtherReading ? "" : _needsBoth ? ", which an origin may read in two ways" : ", in one of its readings";
        if (holds)
            return $"{(_paths.Length == 0 ? asked.WholeUrl : path)} matches{readings}";
        return _paths.Length == 0 || Any(_paths, path, ignoreCase: false) && readings.Length == 0
            ? $"{asked.WholeUrl}{readings} is {NoneOf(_urls)}"
            : $"{path}{readings} is {NoneOf(_paths)}";
    }

    private static bool Any(TextPattern[] patterns, ReadOnlySpan<char> text, bool ignoreCase)
    {
        foreach (var pattern in patterns)
            if (pattern.Matches(text, ignoreCase))
                return true;
        return patterns.Length == 0;
    }
}
