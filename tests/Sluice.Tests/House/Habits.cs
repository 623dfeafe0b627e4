using System.Text.RegularExpressions;

namespace Sluice.Tests.House;

/// <summary>How names, files and docs are kept. Each rule is a function from plain values to what offends against it.</summary>
public static partial class Habits
{
    public const int LongFile = 400;

    private static readonly string[] EmptySuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Processor", "Context", "Info"];

    // Put together here, so that this file does not offend.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "HA" + "CK"];

    /// <summary>A type's name says what it is; these say nothing.</summary>
    public static IReadOnlyList<string> EmptyNames(IEnumerable<string> types) =>
        [.. types.Where(t => EmptySuffixes.Any(s => t.EndsWith(s, StringComparison.Ordinal)))];

    /// <summary>A type that bears a folder's name hides the namespace.</summary>
    public static IReadOnlyList<string> FolderNames(IEnumerable<string> types, IEnumerable<string> namespaces)
    {
        var folders = namespaces.SelectMany(n => n.Split('.')).ToHashSet();
        return [.. types.Where(folders.Contains)];
    }

    /// <summary>Words for which the RFCs or docs/lexicon.md have a better one.</summary>
    public static IReadOnlyList<string> Words(RepositoryFile file) =>
        [.. Unwanted().Matches(file.Text).Select(m => $"{file.Path}: {m.Value}")];

    public static IReadOnlyList<string> UnfinishedWork(RepositoryFile file) =>
        [.. Unfinished.Where(w => Regex.IsMatch(file.Text, $@"\b{w}\b")).Select(w => $"{file.Path}: {w}")];

    /// <summary>A file over 400 lines says in its first comment why it is one: "Over 400 lines: ...".</summary>
    public static IReadOnlyList<string> LongWithoutReason(RepositoryFile file) =>
        file.Lines.Length > LongFile && !file.Lines.Take(60).Any(l => l.Contains("Over 400 lines:", StringComparison.Ordinal))
            ? [$"{file.Path}: {file.Lines.Length} lines"] : [];

    /// <summary>The namespace is the folder.</summary>
    /// <param name="root">The project's folder, whose namespace is <paramref name="rootNamespace"/>.</param>
    public static IReadOnlyList<string> WrongNamespace(RepositoryFile file, string root, string rootNamespace)
    {
        var declared = Namespace().Match(file.Text);
        if (!declared.Success)
            return [];
        var expected = rootNamespace + file.Folder[root.Length..].Replace('/', '.');
        return declared.Groups[1].Value == expected ? [] : [$"{file.Path}: {declared.Groups[1].Value} instead of {expected}"];
    }

    /// <summary>An interface is there for two implementations that ship.</summary>
    public static IReadOnlyList<string> LonelyInterfaces(IReadOnlyCollection<Type> types) =>
    [
        .. types.Where(t => t.IsInterface && types.Count(c => !c.IsInterface && !c.IsAbstract && Implements(c, t)) < 2).Select(t => t.FullName!),
    ];

    /// <summary>Paths and types named in backticks, and files that links lead to, which are not there.</summary>
    /// <param name="exists">Whether a path from the root exists.</param>
    /// <param name="types">The names of all types, ours and those of the platform that the docs may name.</param>
    public static IReadOnlyList<string> NamesOfNothing(RepositoryFile doc, Func<string, bool> exists, IReadOnlySet<string> types)
    {
        var text = Fence().Replace(doc.Text, "");
        var missing = new List<string>();
        foreach (var name in Code().Matches(text).Select(m => m.Groups[1].Value))
        {
            if (PathLike().IsMatch(name))
            {
                var path = name.TrimEnd('/');
                if (IsOurs(path, exists) && !exists(path) && !exists("src/Sluice/" + path) && !exists(doc.Folder + "/" + path))
                    missing.Add($"{doc.Path}: no path `{name}`");
            }
            else if (TypeLike().Match(name) is { Success: true } type && !types.Contains(type.Groups[1].Value))
                missing.Add($"{doc.Path}: no type `{name}`");
        }
        missing.AddRange(Link().Matches(text).Select(m => m.Groups[1].Value)
            .Where(target => !target.Contains("://") && !exists(Path.GetRelativePath("/", Path.GetFullPath("/" + doc.Folder + "/" + target))))
            .Select(target => $"{doc.Path}: no file behind the link {target}"));
        return missing;
    }

    // `src/...`, `Cache/...` and `tests/...` are of this repository; `text/html` and `etc/sluice` are not.
    private static bool IsOurs(string path, Func<string, bool> exists)
    {
        var first = path.Split('/')[0];
        return path.Contains('/') ? exists(first) || Arrows.Parts.Contains(first) : path.EndsWith(".md", StringComparison.Ordinal) || path.EndsWith(".cs", StringComparison.Ordinal);
    }

    private static bool Implements(Type type, Type contract) =>
        type.GetInterfaces().Any(i => i == contract || (i.IsGenericType && i.GetGenericTypeDefinition() == contract));

    [GeneratedRegex(@"\b(downstream|backends?|whitelist|blacklist)\w*\b", RegexOptions.IgnoreCase)]
    private static partial Regex Unwanted();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[A-Za-z0-9.][\w.-]*(/[\w.-]+)+/?$|^[\w-]+\.(md|cs)$")]
    private static partial Regex PathLike();

    // Two humps at least: `HttpCache`, `HttpCache.Find`; a single one (`Via`, `Host`) is a field's name.
    [GeneratedRegex(@"^([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)(\.\w+)?(\(\))?$")]
    private static partial Regex TypeLike();

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
