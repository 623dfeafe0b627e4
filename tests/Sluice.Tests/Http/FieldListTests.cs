using Sluice.Http;

namespace Sluice.Tests.Http;

public class FieldListTests
{
    [Fact]
    public void SeveralLines_AreOneValueJoinedByComma()
    {
        var fields = new FieldList([new("Via", "1.0 a"), new("X", "1"), new("via", "1.1 b")]);
        Assert.Equal("1.0 a, 1.1 b", fields.Get("VIA"));
        Assert.Equal(2, fields.CountOf("Via"));
        Assert.Null(fields.Get("Host"));
    }

    [Fact]
    public void Set_ReplacesAllLinesAtThePlaceOfTheFirst()
    {
        var fields = new FieldList([new("A", "1"), new("B", "2"), new("a", "3")]);
        fields.Set("a", "4");
        Assert.Equal([new Field("a", "4"), new Field("B", "2")], fields);
    }

    [Fact]
    public void Remove_TakesEveryLineOfThatName()
    {
        var fields = new FieldList([new("A", "1"), new("B", "2"), new("a", "3")]);
        Assert.True(fields.Remove("A"));
        Assert.False(fields.Remove("A"));
        Assert.Equal([new Field("B", "2")], fields);
    }
}
