using System.Text;
using Sluice.Policy;

namespace Sluice.Tests.Policy;

public class ListTrialTests
{
    [Theory]
    [InlineData("a.test\nb.test\n", null)]
    [InlineData("\uFEFF# ads\n0.0.0.0 a.test\n", null)]
    [InlineData("a.test\nno host\n", null)]
    [InlineData("", "is empty")]
    [InlineData(" \r\n\n", "is empty")]
    [InlineData("<!DOCTYPE html><html><body>Not found</body></html>", "is a page (HTML or XML) and no list")]
    [InlineData("\uFEFF\r\n <?xml version='1.0'?>\na.test\n", "is a page (HTML or XML) and no list")]
    [InlineData("a.test\0", "is no text")]
    [InlineData("# nothing but comments\n", "holds nothing that is understood (0 lines are not)")]
    [InlineData("Rate limit exceeded\n", "holds nothing that is understood (1 line is not)")]
    [InlineData("{\n  \"error\": 1\n}\nDone\n", "is mostly not understood (3 lines are not beside 1 entries)")]
    [InlineData("! Title: ads\n||ads.test^\n", "is a list of filters: name it under 'filters' instead of 'hosts'")]
    public void Hosts(string content, string? wrong) => Assert.Equal(wrong, Try(content, filters: false));

    [Theory]
    [InlineData("! Title: ads\n||ads.test^\n##.ad\n", null)]
    [InlineData("||a.test^\n||b.test^$nonsense\n", null)]
    [InlineData("", "is empty")]
    [InlineData("<html>\n||ads.test^\n", "is a page (HTML or XML) and no list")]
    [InlineData("! Title: ads\n##.ad\n", "holds nothing that is understood (0 lines are not)")]
    [InlineData("Rate limit exceeded\n", "holds nothing that is understood (1 line is not)")]
    [InlineData("Too many requests.\nCome back later.\nlater\n", "is mostly not understood (2 lines are not beside 1 entries)")]
    public void Filters(string content, string? wrong) => Assert.Equal(wrong, Try(content, filters: true));

    private static string? Try(string content, bool filters)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        return ListTrial.WhyNot(stream, filters);
    }
}
