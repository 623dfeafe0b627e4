using System.Globalization;

namespace Sluice.Http;

/// <summary>The field Max-Forwards (RFC 9110 s.7.6.2).</summary>
public static class MaxForwards
{
    /// <summary>Counts a TRACE or OPTIONS request down by one, in place; with other methods the field is ignored.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="endsHere">It came with 0: "the intermediary MUST NOT forward the request; instead, the intermediary MUST
    /// respond as the final recipient".</param>
    /// <returns>Why the request is refused, or null.</returns>
    public static BadMessage? CountDown(string method, FieldList fields, out bool endsHere)
    {
        endsHere = false;
        if (method is not (Methods.Trace or Methods.Options) || fields.Get(FieldNames.MaxForwards) is not { } text)
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var left))
            return BadMessage.InvalidMaxForwards;
        endsHere = left == 0;
        if (!endsHere)
            fields.Set(FieldNames.MaxForwards, (left - 1).ToString(CultureInfo.InvariantCulture));
        return null;
    }
}
