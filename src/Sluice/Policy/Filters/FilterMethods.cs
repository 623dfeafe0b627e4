using System.Text;

namespace Sluice.Policy.Filters;

/// <summary>The methods that <c>method=</c> may name, as bits.</summary>
internal static class FilterMethods
{
    private static readonly string[] Names = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

    /// <summary>0: another method, or none.</summary>
    public static ushort Of(ReadOnlySpan<char> method)
    {
        for (var i = 0; i < Names.Length; i++)
            if (method.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
                return (ushort)(1 << i);
        return 0;
    }

    public static ushort Of(ReadOnlySpan<byte> method) => Of(Encoding.Latin1.GetString(method));
}
