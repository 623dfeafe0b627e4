using Sluice.Http;

namespace Sluice.Tests.Http;

public class StrongValidatorTests
{
    private const string Early = "Thu, 01 Jan 2015 00:00:00 GMT";
    private const string Later = "Thu, 01 Jan 2015 00:00:01 GMT";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("s.8.8.3 a strong tag", "ETag: \"a\"", "\"a\"")]
    [InlineData("s.8.8.3 a weak tag", "ETag: W/\"a\"", null)]
    [InlineData("s.8.8.3 no tag", "ETag: a", null)]
    [InlineData("s.8.8.3 two tags", "ETag: \"a\"|ETag: \"b\"", null)]
    [InlineData("s.8.8.2.2 a second before Date", "Last-Modified: " + Early + "|Date: " + Later, Early)]
    [InlineData("s.8.8.2.2 in the second of Date", "Last-Modified: " + Early + "|Date: " + Early, null)]
    [InlineData("s.8.8.2.2 after Date", "Last-Modified: " + Later + "|Date: " + Early, null)]
    [InlineData("s.8.8.2.2 without Date", "Last-Modified: " + Early, null)]
    [InlineData("s.8.8.2.2 no date", "Last-Modified: then|Date: " + Later, null)]
    [InlineData("s.13.1.5 a date does not mend a weak tag", "ETag: W/\"a\"|Last-Modified: " + Early + "|Date: " + Later, null)]
    [InlineData("none", "Date: " + Later, null)]
    public void Fields_HaveThisStrongValidator(string clause, string fields, string? expected)
    {
        var list = new FieldList(fields.Split('|').Select(f => new Field(f[..f.IndexOf(':')], f[(f.IndexOf(':') + 2)..])));
        Assert.True(expected == StrongValidator.Of(list, Now), clause);
    }
}
