using Sluice.Http;

namespace Sluice.Policy.Conditions;

/// <summary>What must hold of an answer's head. The types of several parts (multipart/byteranges, RFC 9110 s.14.6) stand in its body: they may be any,
/// to what denies.</summary>
internal sealed class ReplyCondition(ReplyOptions options, RuleAction action)
{
    private readonly StatusRange[] _status = [.. options.Status];
    private readonly string[] _types = [.. options.Types, .. options.Types.Count > 0 && action == RuleAction.Deny ? ["multipart/byteranges"] : Array.Empty<string>()];

    public bool Matches(ResponseHead reply) => HasStatus(reply.Status) && IsLarger(reply.Fields) && HasType(reply.Fields);

    /// <summary>As <see cref="Condition.Explain"/>; for what does not match the first part that does not.</summary>
    public string Explain(ResponseHead reply)
    {
        var length = ContentLength.TryRead(reply.Fields, out var octets) ? $"{octets} bytes" : "of unknown length";
        var type = reply.Fields.Get(FieldNames.ContentType) ?? "of no type";
        return !HasStatus(reply.Status) ? $"its status is {reply.Status}"
            : !IsLarger(reply.Fields) ? $"it is {length}, not more than {options.Larger}"
            : !HasType(reply.Fields) ? $"it is {type}, none of {string.Join(", ", options.Types)}"
            : $"{reply.Status}, {type}, {length}";
    }

    private bool IsLarger(FieldList fields) => options.Larger is not { } octets || ContentLength.TryRead(fields, out var length) && length > octets;

    private bool HasType(FieldList fields) => _types.Length == 0 || MediaType.Matches(_types, fields);

    private bool HasStatus(int status)
    {
        foreach (var range in _status)
            if (range.Contains(status))
                return true;
        return _status.Length == 0;
    }
}
