using Sluice.Http;

namespace Sluice.Policy.Conditions;

/// <summary>What must hold of an answer's head.</summary>
internal sealed class ReplyCondition(ReplyOptions options)
{
    private readonly StatusRange[] _status = [.. options.Status];
    private readonly string[] _types = [.. options.Types];

    public bool Matches(ResponseHead reply) =>
        (_status.Length == 0 || HasStatus(reply.Status))
        && (options.Larger is not { } octets || ContentLength.TryRead(reply.Fields, out var length) && length > octets)
        && (_types.Length == 0 || MediaType.Matches(_types, reply.Fields));

    private bool HasStatus(int status)
    {
        foreach (var range in _status)
            if (range.Contains(status))
                return true;
        return false;
    }
}
