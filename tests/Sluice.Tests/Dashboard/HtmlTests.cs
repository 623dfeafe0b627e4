using Sluice.Dashboard.Pages;

namespace Sluice.Tests.Dashboard;

public class HtmlTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("\" onmouseover=\"x", "&quot; onmouseover=&quot;x")]
    [InlineData("' & &lt;", "&#39; &amp; &amp;lt;")]
    [InlineData("a\r\nb\tc\0", "a\u240d\u240ab\u2409c\u2400")]
    [InlineData("\u007f\u0085", "\u2421\\u0085")]
    [InlineData("\u202egpj.exe", "\\u202egpj.exe")]
    [InlineData("grüße", "grüße")]
    [InlineData(null, "")]
    public void Hole_IsEncoded(string? text, string expected)
    {
        Assert.Equal($"<b title=\"{expected}\">{expected}</b>", Html.Of($"<b title=\"{text}\">{text}</b>").ToString());
        Assert.DoesNotContain('<', Html.Of($"{text}").ToString());
    }

    [Fact]
    public void HtmlInAHole_StaysAsItIs()
    {
        var inner = Html.Of($"<i>{"<"}</i>");
        Assert.Equal("<i>&lt;</i><i>&lt;</i><i>&lt;</i>3", Html.Of($"{inner}{new[] { inner, inner }}{3}").ToString());
        Assert.True(Html.Of($"{Html.Empty}{""}").IsEmpty);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.0 KiB")]
    [InlineData(1024 * 1024, "1.0 MiB")]
    [InlineData(123_456_789, "118 MiB")]
    [InlineData(1e18, "888 PiB")]
    public void Bytes_AreWrittenWithTheirUnit(double bytes, string expected) => Assert.Equal(expected, Figures.Bytes(bytes).Replace('\u00a0', ' '));

    [Theory]
    [InlineData(0.04, "0.0 ms")]
    [InlineData(9.94, "9.9 ms")]
    [InlineData(12.4, "12 ms")]
    [InlineData(999.6, "1.0 s")]
    [InlineData(99_960.0, "2 min")]
    [InlineData(7_200_000.0, "2 h")]
    [InlineData(null, "–")]
    public void Milliseconds_AreWrittenInTheLargestUnit(double? milliseconds, string expected) => Assert.Equal(expected, Figures.Milliseconds(milliseconds).Replace('\u00a0', ' '));

    [Theory]
    [InlineData(0, 0, "–")]
    [InlineData(0, 3, "0 %")]
    [InlineData(1, 3, "33 %")]
    [InlineData(1, 300, "0.3 %")]
    public void Percent_SaysNothingOfNothing(double part, double whole, string expected) => Assert.Equal(expected, Figures.Percent(part, whole).Replace('\u00a0', ' '));
}
