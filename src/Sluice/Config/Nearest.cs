namespace Sluice.Config;

/// <summary>The known name that a mistyped one was most likely meant to be.</summary>
internal static class Nearest
{
    /// <summary><c>, did you mean 'listen'?</c>, or else the names that are known here.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known)
    {
        if (To(name, known) is { } nearest)
            return $", did you mean '{nearest}'?";
        return known.Count == 0 ? "" : $", known here: {string.Join(", ", known)}";
    }

    /// <summary>Null where none is near: more than a third of the letters would have to change.</summary>
    public static string? To(string name, IEnumerable<string> known)
    {
        string? nearest = null;
        var best = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance >= best)
                continue;
            best = distance;
            nearest = candidate;
        }
        return nearest;
    }

    /// <summary>Letters inserted, left out, changed or swapped with their neighbour (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
