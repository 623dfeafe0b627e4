using System.Text;
using CsCheck;
using Sluice.Policy.Lists;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy.Lists;

public class DomainSetTests
{
    private static readonly string[] Labels = ["a", "b", "ab", "ba", "com", "x"];

    // Few labels and letters, so that names repeat and lie below each other.
    private static readonly Gen<string> Names = Gen.Int[0, 5].Select(i => Labels[i]).Array[1, 5].Select(labels => string.Join('.', labels));

    private static readonly Gen<(string Name, EntryKind Kind)[]> Entries =
        Gen.Select(Names, Gen.Int[0, 2].Select(i => (EntryKind)i)).Array[0, 300];

    [Theory]
    [InlineData("", "a.test", null)]
    [InlineData("a.test", "a.test", "1 a.test Host")]
    [InlineData("a.test", "www.a.test", null)]
    [InlineData("a.test", "test", null)]
    [InlineData("a.test", "xa.test", null)]
    [InlineData("*.a.test", "a.test", null)]
    [InlineData("*.a.test", "www.a.test", "1 a.test Below")]
    [InlineData(".a.test", "a.test", "1 a.test Domain")]
    [InlineData(".a.test", "x.y.z.a.test", "1 a.test Domain")]
    [InlineData(".test", "a.test", "1 test Domain")]
    [InlineData("localhost", "localhost", "1 localhost Host")]
    [InlineData("2001:db8::1", "2001:db8::1", "1 2001:db8::1 Host")]
    // The same name with two scopes has two lines; what says nothing new is not kept.
    [InlineData("a.test *.a.test", "a.test", "1 a.test Host")]
    [InlineData("a.test *.a.test", "x.a.test", "2 a.test Below")]
    [InlineData("a.test .a.test", "a.test", "1 a.test Host")]
    [InlineData("a.test .a.test", "x.a.test", "2 a.test Below")]
    [InlineData("b.test .a.test a.test .a.test", "a.test", "2 a.test Domain")]
    // Nearest to the top first.
    [InlineData("x.a.test .a.test .test", "x.a.test", "3 test Domain")]
    // Not the list's letters.
    [InlineData("a.test", "A.test", null)]
    [InlineData("a.test", "\u0161.test", null)]
    [InlineData(".a.test", "\u0161 !.a.test", "1 a.test Domain")]
    public void AHost_IsFoundByWhatNamesIt(string entries, string host, string? expected) => Assert.Equal(expected, Find(Of(entries), host));

    [Fact]
    public void AnswersAreThoseOfADictionary() => Entries.Select(Names.Array[20]).Sample((entries, hosts) =>
    {
        var lines = new Dictionary<(string, bool Below), int>();
        var builder = new DomainSetBuilder(0);
        for (var i = 0; i < entries.Length; i++)
        {
            var (name, kind) = entries[i];
            builder.Add(Encoding.ASCII.GetBytes(name), kind, i + 1);
            if (kind != EntryKind.Below)
                lines.TryAdd((name, false), i + 1);
            if (kind != EntryKind.Host)
                lines.TryAdd((name, true), i + 1);
        }
        var set = builder.Build();
        foreach (var host in hosts.Concat(entries.Select(entry => entry.Name)))
        {
            var labels = host.Split('.');
            var expected = Enumerable.Range(1, labels.Length - 1).Select(at => lines.GetValueOrDefault((string.Join('.', labels[^at..]), true)))
                .Append(lines.GetValueOrDefault((host, false))).FirstOrDefault(line => line != 0);
            Assert.Equal(expected, set.TryFind(host, out var match) ? match.Line : 0);
        }
    }, iter: 2000);

    [Fact]
    public void OnlyDistinctEntriesAreKept()
    {
        var builder = new DomainSetBuilder(0);
        for (var i = 0; i < 10_000; i++)
            builder.Add(Encoding.ASCII.GetBytes($"n{i % 100}.test"), EntryKind.Host, i + 1);
        var set = builder.Build();
        Assert.Equal(100, set.Count);
        Assert.InRange(set.Bytes, 100 * 8, 100 * 30);
        Assert.True(set.TryFind("n42.test", out var match));
        Assert.Equal(43, match.Line);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100)]
    public void DeepNames_AreFoundAtTheirDepth(int labels)
    {
        var name = string.Join('.', Enumerable.Repeat("a", labels));
        var set = Of($".{name}");
        Assert.Null(Find(set, name[2..]));
        Assert.Equal($"1 {name} Domain", Find(set, name));
        Assert.Equal($"1 {name} Domain", Find(set, $"{string.Concat(Enumerable.Repeat("b.", 200))}{name}"));
    }

    [Fact]
    public void Finding_AllocatesNothing()
    {
        var set = Of(".ads.test a.b.c.test");
        set.TryFind("www.shop.test", out _);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                Assert.True(set.TryFind("www.ads.test", out _) && !set.TryFind("x.b.c.test", out _));
        }));
    }

    private static DomainSet Of(string entries)
    {
        var builder = new DomainSetBuilder(0);
        var line = 0;
        foreach (var entry in entries.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var kind = entry.StartsWith("*.", StringComparison.Ordinal) ? EntryKind.Below : entry[0] == '.' ? EntryKind.Domain : EntryKind.Host;
            builder.Add(Encoding.ASCII.GetBytes(entry.TrimStart('*').TrimStart('.')), kind, ++line);
        }
        return builder.Build();
    }

    private static string? Find(DomainSet set, string host) =>
        set.TryFind(host, out var match) ? $"{match.Line} {host[match.Start..]} {match.Kind}" : null;
}
