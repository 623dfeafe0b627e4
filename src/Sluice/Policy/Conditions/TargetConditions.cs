using Sluice.Http;
using Sluice.Net;

namespace Sluice.Policy.Conditions;

// Words and numbers that are compared as they are.

/// <summary>Methods are told apart by case (RFC 9110 s.9.1), but not by all origins: what denies does not.</summary>
internal sealed class MethodCondition(RuleOptions rule) : Condition
{
    private readonly string[] _methods = [.. rule.Methods];
    private readonly StringComparer _comparer = rule.Action == RuleAction.Deny ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    public override string Name => "methods";

    public override bool Matches(ref Asked asked, ref Match match) => _methods.AsSpan().Contains(asked.Request.Method, _comparer);

    public override string Explain(ref Asked asked, bool holds) => holds ? asked.Request.Method : $"{asked.Request.Method} is {NoneOf(_methods)}";
}

internal sealed class SchemeCondition(IReadOnlyList<string> schemes) : Condition
{
    /// <summary>The scheme of a tunnel, which has none.</summary>
    private const string Tunnel = "connect";

    private readonly string[] _schemes = [.. schemes];

    public override string Name => "schemes";

    public override bool Matches(ref Asked asked, ref Match match) => _schemes.AsSpan().Contains(Of(asked.Target));

    public override string Explain(ref Asked asked, bool holds) => holds ? Of(asked.Target) : $"{Of(asked.Target)} is {NoneOf(_schemes)}";

    private static string Of(RequestTarget target) => target.Form == TargetForm.Authority ? Tunnel : target.Scheme;
}

internal sealed class ListenerCondition(IReadOnlyList<string> listeners) : Condition
{
    private readonly string[] _listeners = [.. listeners];

    public override string Name => "listeners";

    public override bool Matches(ref Asked asked, ref Match match) => asked.Asker.Listener is { } listener && _listeners.AsSpan().Contains(listener);

    public override string Explain(ref Asked asked, bool holds) =>
        asked.Asker.Listener is not { } listener ? "the listener is not known" : holds ? listener : $"{listener} is {NoneOf(_listeners)}";
}

internal sealed class PortCondition(IReadOnlyList<PortRange> ports) : Condition
{
    private readonly PortRange[] _ports = [.. ports];

    public override string Name => "ports";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        foreach (var range in _ports)
            if (range.Contains(asked.Target.Port))
                return true;
        return false;
    }

    public override string Explain(ref Asked asked, bool holds) => holds ? $"{asked.Target.Port}" : $"{asked.Target.Port} is {NoneOf(_ports)}";
}
