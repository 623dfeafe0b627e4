using System.Text;
using Sluice.Forwarding;

namespace Sluice.Tests.Forwarding;

public class PageTemplateTests
{
    [Theory]
    [InlineData("a {{reason}} b", "a why b")]
    [InlineData("{{ reason }}{{reason}}", "whywhy")]
    [InlineData("<p>{{url}}</p>", "<p>http://a.test/?x=&lt;b&gt;&amp;&quot;&#39;</p>")]
    [InlineData("first\n{{rule}}\nlast", "first\nlast")]
    [InlineData("first\n{{rule}} {{reason}}\n", "first\n why\n")]
    [InlineData("one\r\ntwo", "one\ntwo")]
    [InlineData("{ {reason} } {{}", "{ {reason} } {{}")]
    public void Placeholders_AreFilledEscaped_AndLinesWithoutAnyValueAreLeftOut(string text, string page)
    {
        Assert.Null(PageTemplate.TryParse(text, out var template));
        Assert.Equal(page, Encoding.UTF8.GetString(template.Fill(name => name switch { "reason" => "why", "url" => "http://a.test/?x=<b>&\"'", "rule" => "", _ => null })));
    }

    [Fact]
    public void ValueThatLooksLikeAPlaceholder_IsText()
    {
        Assert.Null(PageTemplate.TryParse("{{url}}", out var template));
        Assert.Equal("{{rule}}", Encoding.UTF8.GetString(template.Fill(name => name == "url" ? "{{rule}}" : "no")));
    }

    [Theory]
    [InlineData("{{reson}}", 1, "{{reson}}")]
    [InlineData("\n\n{{rule}} {{ Rule }}", 3, "{{ Rule }}")]
    [InlineData("{{}}", 1, "{{}}")]
    public void UnknownPlaceholder_IsTold(string text, int line, string placeholder)
    {
        var wrong = PageTemplate.TryParse(text, out _);
        Assert.Equal(line, wrong!.Value.Line);
        Assert.StartsWith($"'{placeholder}' is not known, known are status, title, ", wrong.Value.Problem);
    }
}
