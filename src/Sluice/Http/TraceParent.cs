using System.Diagnostics;

namespace Sluice.Http;

/// <summary>The field traceparent (W3C Trace Context s.3.2): which trace a request is part of, and which span of it asks.</summary>
public static class TraceParent
{
    public const string Field = "traceparent";
    public const string State = "tracestate";

    // version "-" trace-id "-" parent-id "-" trace-flags
    private const int Length = 2 + 1 + 32 + 1 + 16 + 1 + 2;

    /// <summary>False where it is absent, there more than once, or not as s.3.2.2 wants it: then a new trace begins, and tracestate is nobody's.</summary>
    public static bool TryRead(FieldList fields, out ActivityContext parent)
    {
        parent = default;
        return fields.Get(Field) is { } value && TryParse(value, fields, out parent);
    }

    private static bool TryParse(ReadOnlySpan<char> value, FieldList fields, out ActivityContext parent)
    {
        parent = default;
        if (value.Length < Length || value[2] != '-' || value[35] != '-' || value[52] != '-')
            return false;
        var version = value[..2];
        var trace = value[3..35];
        var span = value[36..52];
        var flags = value[53..55];
        if (!IsHex(version) || version is "ff" || !IsHex(trace) || !IsHex(span) || !IsHex(flags))
            return false;
        // s.3.2.4: a later version may be longer, behind another dash.
        if (value.Length > Length && (version is "00" || value[Length] != '-'))
            return false;
        if (!trace.ContainsAnyExcept('0') || !span.ContainsAnyExcept('0'))
            return false;
        var isSampled = (Hex(flags[1]) & 1) != 0;
        parent = new ActivityContext(ActivityTraceId.CreateFromString(trace), ActivitySpanId.CreateFromString(span),
            isSampled ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, fields.Get(State), isRemote: true);
        return true;
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        return true;
    }

    private static int Hex(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
