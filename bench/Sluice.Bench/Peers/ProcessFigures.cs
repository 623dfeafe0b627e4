using System.Globalization;

namespace Sluice.Bench.Peers;

/// <summary>Memory in bytes of one or more processes.</summary>
/// <param name="Rss">Resident: a page that n of the processes share counts n times.</param>
/// <param name="Pss">Proportional: such a page counts 1/n in each.</param>
internal readonly record struct Memory(long Rss, long Pss)
{
    public static Memory operator +(Memory one, Memory other) => new(one.Rss + other.Rss, one.Pss + other.Pss);

    public static Memory operator -(Memory one, Memory other) => new(one.Rss - other.Rss, one.Pss - other.Pss);
}

/// <summary>CPU time and memory of a process and all its descendants, from /proc (proc(5)).</summary>
internal static class ProcessFigures
{
    // sysconf(_SC_CLK_TCK): 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>The process and its descendants, parents first.</summary>
    public static List<int> Tree(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) || Stat(pid) is not { } stat)
                continue;
            var parent = int.Parse(stat[1], CultureInfo.InvariantCulture);
            if (!children.TryGetValue(parent, out var siblings))
                children[parent] = siblings = [];
            siblings.Add(pid);
        }

        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(children.GetValueOrDefault(tree[i]) ?? []);
        return tree;
    }

    /// <summary>User and system seconds of one process: its threads, the ended ones too, and the children it waited for.</summary>
    public static double CpuSeconds(int pid)
    {
        // Fields 14-17 of proc(5)'s numbering: utime, stime, cutime, cstime. The list begins with field 3.
        var stat = Stat(pid);
        return stat is null ? 0 : stat[11..15].Sum(field => double.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    public static string Name(int pid) => Read($"/proc/{pid}/comm")?.Trim() ?? "?";

    public static Memory Memory(int pid)
    {
        var lines = Read($"/proc/{pid}/smaps_rollup")?.Split('\n') ?? [];
        return new Memory(Bytes("Rss:"), Bytes("Pss:"));

        long Bytes(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line[name.Length..^2].Trim(), CultureInfo.InvariantCulture) << 10
            : 0;
    }

    /// <summary>The fields after the name (which may hold spaces and brackets): state, parent, ...; null: no such process.</summary>
    private static string[]? Stat(int pid)
    {
        var text = Read($"/proc/{pid}/stat");
        return text?[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null; // It ended.
        }
    }
}
