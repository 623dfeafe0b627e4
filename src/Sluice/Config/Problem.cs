namespace Sluice.Config;

/// <summary>One thing that is wrong with a configuration.</summary>
/// <param name="File">The file as it was named, or the flag or environment variable that holds the value.</param>
/// <param name="Line">From 1; 0 where there is no line (a flag, a variable, the file as a whole).</param>
/// <param name="Column">From 1; 0 where there is no line.</param>
/// <param name="Key">The key's path, such as <c>listeners[0].bind</c>; empty for the file as a whole.</param>
/// <param name="Message">One line: the key, its value and what would be right.</param>
public sealed record Problem(string File, int Line, int Column, string Key, string Message)
{
    /// <summary><c>sluice.yaml:14:7: unknown key 'lisen', did you mean 'listen'?</c></summary>
    public override string ToString() => $"{new Place(File, Line, Column)}: {Message}";
}

/// <summary>Where a piece of the configuration was written.</summary>
internal readonly record struct Place(string File, int Line, int Column)
{
    /// <summary>A flag, a variable, or a file as a whole.</summary>
    public static Place Of(string name) => new(name, 0, 0);

    public bool HasLine => Line > 0;

    public override string ToString() => HasLine ? $"{File}:{Line}:{Column}" : File;
}

/// <summary>Gathers problems; each is told once.</summary>
internal sealed class ProblemList
{
    private readonly List<Problem> _problems = [];

    public bool IsEmpty => _problems.Count == 0;

    public int Count => _problems.Count;

    public void Add(Place place, string key, string message)
    {
        var problem = new Problem(place.File, place.Line, place.Column, key, message);
        if (!_problems.Contains(problem))
            _problems.Add(problem);
    }

    /// <summary>About a value. A flag or a variable names its key itself, a line does not.</summary>
    public void AddValue(Place place, string key, string message) =>
        Add(place, key, place.HasLine ? $"{LastName(key)}: {message}" : message);

    /// <summary>In the order of the file; what has no line comes last.</summary>
    public IReadOnlyList<Problem> InOrder() =>
        [.. _problems.OrderBy(p => p.Line == 0).ThenBy(p => p.Line).ThenBy(p => p.Column)];

    private static string LastName(string key) => key[(key.LastIndexOf('.') + 1)..];
}
