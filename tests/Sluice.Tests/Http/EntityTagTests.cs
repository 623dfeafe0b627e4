using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class EntityTagTests
{
    [Theory]
    // RFC 9110 s.8.8.3
    [InlineData("\"xyzzy\"", true)]
    [InlineData("W/\"xyzzy\"", true)]
    [InlineData("\"\"", true)]
    [InlineData("\"a,b\"", true)]
    [InlineData("\"\u00e9\"", true)]
    [InlineData("w/\"xyzzy\"", false)]
    [InlineData("W/ \"xyzzy\"", false)]
    [InlineData("xyzzy", false)]
    [InlineData("\"xyzzy", false)]
    [InlineData("\"a b\"", false)]
    [InlineData("\"a\"b", false)]
    [InlineData("\"", false)]
    [InlineData("", false)]
    public void Tag_FitsTheGrammarOrNot(string tag, bool valid) => Assert.Equal(valid, EntityTag.IsValid(tag));

    [Theory]
    // RFC 9110 s.8.8.3.2: the table of comparisons
    [InlineData("W/\"1\"", "W/\"1\"", false, true)]
    [InlineData("W/\"1\"", "W/\"2\"", false, false)]
    [InlineData("W/\"1\"", "\"1\"", false, true)]
    [InlineData("\"1\"", "\"1\"", true, true)]
    [InlineData("1", "1", false, false)]
    public void Tags_Compare(string a, string b, bool strong, bool weak)
    {
        Assert.Equal((strong, weak), (EntityTag.StrongEquals(a, b), EntityTag.WeakEquals(a, b)));
        Assert.Equal((strong, weak), (EntityTag.StrongEquals(b, a), EntityTag.WeakEquals(b, a)));
    }

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("\"b\", \"a\"", true)]
    [InlineData("\"b\",\"a\"", true)]
    [InlineData(" , \"b\" ,, W/\"a\" ,", true)]
    [InlineData("\"b,\", \"a\"", true)]
    [InlineData("\"b, \"a\"", true)] // what is no tag ends at its comma
    [InlineData("junk, \"a\"", true)]
    [InlineData("\"a\" junk, \"b\"", false)]
    [InlineData("\"b\", a", false)]
    [InlineData("\"x\"a\"", false)]
    [InlineData("", false)]
    public void List_HoldsTheTagOrNot(string list, bool holds) => Assert.Equal(holds, EntityTag.ListHolds(list, "\"a\""));

    [Fact]
    public void AnyList_IsReadWithoutFailing() => Gen.String[Gen.Char["aW/\", "], 0, 20].Sample(list => { EntityTag.ListHolds(list, "\"a\""); });
}
