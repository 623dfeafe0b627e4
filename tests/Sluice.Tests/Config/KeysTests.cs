using Sluice.Config;

namespace Sluice.Tests.Config;

/// <summary>The table of keys, the reader, the schema and the docs say the same.</summary>
public class KeysTests
{
    public static TheoryData<string> Paths() => [.. Keys.All.Select(k => k.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void WrongKindOfValue_IsRefusedByTheReader(string path)
    {
        // A list in a list is wrong for every key there is.
        using var given = new Given(Nested(path.Split('.'), 0, "[[1]]"));
        Assert.Contains(given.Load().Problems, p =>
            p.Key.Replace("[0]", "[]").Replace(".any", ".*").StartsWith(path, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void DefaultOfTheTable_IsTheReadersDefault(string path)
    {
        var key = Keys.Get(path);
        if (!key.DefaultIsValue || path.Contains('*') || path.Contains("[]"))
            return;
        // A section may want another key first.
        var others = string.Concat(Keys.Under(key.Parent).Where(other => key.Parent.Length > 0 && other.Required).Select(other => $"{other.Name}: \"{other.Example}\", "));
        var plain = Given.Right(Given.Forward + (others.Length == 0 ? "" : $"{key.Parent}: {{ {others} }}"));
        var written = Given.Right(Given.Forward + Nested(path.Split('.'), 0, key.Default!).Replace("{ ", "{ " + others, StringComparison.Ordinal));
        Assert.Equal(plain.Otlp, written.Otlp);
        Assert.Equal(plain.Cache, written.Cache);
        Assert.Equal(plain.Admin, written.Admin);
        Assert.Equal(plain.Lists, written.Lists);
        Assert.Equal(plain.Log, written.Log);
        Assert.Equal(plain.Limits.ConnectPorts, written.Limits.ConnectPorts);
        Assert.Equal(plain.Limits, written.Limits with { ConnectPorts = plain.Limits.ConnectPorts });
    }

    private static string Nested(string[] steps, int at, string value)
    {
        if (at == steps.Length)
            return value;
        var step = steps[at];
        var inner = Nested(steps, at + 1, value);
        var entry = step == "*" ? $"any: {inner}"
            : step.EndsWith("[]", StringComparison.Ordinal) ? $"{step[..^2]}: [{inner}]"
            : $"{step}: {inner}";
        return at == 0 ? entry : $"{{ {entry} }}";
    }
}
