using Sluice.Http;
using Sluice.Net;

namespace Sluice.Policy.Conditions;

/// <summary>Listener, scheme, port and method: words and numbers that are compared as they are.</summary>
internal sealed class TargetCondition(RuleOptions rule) : Condition
{
    /// <summary>The scheme of a tunnel, which has none.</summary>
    public const string Tunnel = "connect";

    private readonly string[] _listeners = [.. rule.Listeners];
    private readonly string[] _schemes = [.. rule.Schemes];
    private readonly PortRange[] _ports = [.. rule.Ports];
    private readonly string[] _methods = [.. rule.Methods];

    public static bool IsIn(RuleOptions rule) => rule.Listeners.Count + rule.Schemes.Count + rule.Ports.Count + rule.Methods.Count > 0;

    public override bool Matches(ref Asked asked, ref Match match) =>
        (_methods.Length == 0 || _methods.AsSpan().Contains(asked.Request.Method))
        && (_schemes.Length == 0 || _schemes.AsSpan().Contains(asked.Target.Form == TargetForm.Authority ? Tunnel : asked.Target.Scheme))
        && (_listeners.Length == 0 || asked.Asker.Listener is { } listener && _listeners.AsSpan().Contains(listener))
        && (_ports.Length == 0 || HasPort(asked.Target.Port));

    private bool HasPort(int port)
    {
        foreach (var range in _ports)
            if (range.Contains(port))
                return true;
        return false;
    }
}
