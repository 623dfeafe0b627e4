using System.Text;

namespace Sluice.Bench;

/// <summary>Made domains: names of 5 to 50 octets, 19 on average as in StevenBlack's list.</summary>
internal static class DomainNames
{
    private static readonly string[] Tops = ["com", "com", "com", "net", "org", "de", "ru", "info", "co.uk", "xyz", "com.br", "top"];

    /// <summary>A list of so many, no name twice; half of them with all below.</summary>
    public static IEnumerable<string> Lines(Random random, int count)
    {
        var names = new HashSet<string>();
        while (names.Count < count)
            names.Add(Next(random));
        return names.Select((name, i) => i % 2 == 0 ? $".{name}" : name);
    }

    public static string Next(Random random)
    {
        var name = new StringBuilder();
        var subdomains = random.Next(10) switch { < 5 => 0, < 9 => 1, _ => 2 };
        for (var i = 0; i < subdomains; i++)
            name.Append(Word(random, 2, 8)).Append('.');
        return name.Append(Word(random, 4, 17)).Append('.').Append(Tops[random.Next(Tops.Length)]).ToString();
    }

    private static string Word(Random random, int shortest, int longest)
    {
        const string Letters = "eeeaaaiiooutttnnnsssrrlldcmpghbfkvwyxjzq0123456789-";
        var word = new char[random.Next(shortest, longest + 1)];
        for (var i = 0; i < word.Length; i++)
            word[i] = Letters[random.Next(i == 0 || i == word.Length - 1 ? Letters.Length - 1 : Letters.Length)];
        return new string(word);
    }
}
