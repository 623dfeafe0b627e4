using System.Text;

namespace Sluice.Policy.Filters;

/// <summary>
/// The directives of uBlock Origin's lists: <c>!#if EXPRESSION</c>, <c>!#else</c>, <c>!#endif</c>, nested. An expression
/// is one name or several with <c>&amp;&amp;</c> and <c>||</c>, read from left to right, each perhaps with <c>!</c>.
///
/// What holds for a proxy: <c>ext_ublock</c>, whose syntax we read; <c>env_chromium</c>, the family that most clients
/// are of; <c>true</c>. All else does not: <c>cap_html_filtering</c> and the like, for we change no answers;
/// <c>env_mobile</c>, <c>env_firefox</c>, other programs, and names that we do not know. An expression that cannot be
/// read holds, as its lines were meant to be used somewhere.
/// <c>!#include</c> names a file beside the list that we do not have: it is passed over, and counted as a comment.
/// </summary>
internal sealed class Preprocessor
{
    private readonly Stack<(bool Above, bool Own)> _open = new();

    /// <summary>Whether the lines that follow count.</summary>
    public bool Hold { get; private set; } = true;

    /// <summary>Takes a line that begins with <c>!#</c>.</summary>
    public void Read(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("!#if "u8))
        {
            var own = Evaluate(Encoding.Latin1.GetString(line[5..]));
            _open.Push((Hold, own));
            Hold &= own;
        }
        else if (line.SequenceEqual("!#else"u8) && _open.TryPop(out var open))
        {
            _open.Push((open.Above, !open.Own));
            Hold = open.Above && !open.Own;
        }
        else if (line.StartsWith("!#endif"u8) && _open.TryPop(out var closed))
        {
            Hold = closed.Above;
        }
    }

    /// <summary>Whether an expression holds.</summary>
    public static bool Evaluate(string expression)
    {
        var words = expression.Trim().TrimStart('(').TrimEnd(')').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length % 2 == 0)
            return true;
        var holds = Holds(words[0]);
        for (var i = 1; i < words.Length; i += 2)
        {
            if (words[i] is not ("&&" or "||"))
                return true;
            var next = Holds(words[i + 1]);
            holds = words[i] == "&&" ? holds && next : holds || next;
        }
        return holds;
    }

    private static bool Holds(string name) => name.StartsWith('!') ? !Holds(name[1..]) : name is "ext_ublock" or "env_chromium" or "adguard_ext_chromium" or "true";
}
