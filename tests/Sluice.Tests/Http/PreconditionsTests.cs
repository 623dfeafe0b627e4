using Sluice.Http;

namespace Sluice.Tests.Http;

public class PreconditionsTests
{
    private const string Early = "Thu, 01 Jan 2015 00:00:00 GMT";
    private const string Later = "Thu, 01 Jan 2015 00:00:01 GMT";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // RFC 9110 s.13.2.2(3): If-None-Match, false -> 304
    [InlineData("\"a\"", null, null, "ETag: \"a\"", PreconditionOutcome.NotModified)]
    [InlineData("\"b\"", null, null, "ETag: \"a\"", PreconditionOutcome.Proceed)]
    [InlineData("\"a\"", null, null, "", PreconditionOutcome.Proceed)]
    [InlineData("*", null, null, "", PreconditionOutcome.NotModified)]
    // s.13.2.2(4): If-Modified-Since only without If-None-Match
    [InlineData("\"b\"", Later, null, "ETag: \"a\"|Last-Modified: " + Early, PreconditionOutcome.Proceed)]
    [InlineData(null, Early, null, "Last-Modified: " + Early, PreconditionOutcome.NotModified)]
    [InlineData(null, Early, null, "Last-Modified: " + Later, PreconditionOutcome.Proceed)]
    [InlineData(null, "junk", null, "Last-Modified: " + Early, PreconditionOutcome.Proceed)]
    // RFC 9111 s.4.3.2: without Last-Modified Date, without that the time of receipt
    [InlineData(null, Early, null, "Date: " + Early, PreconditionOutcome.NotModified)]
    [InlineData(null, Early, null, "Date: " + Later, PreconditionOutcome.Proceed)]
    [InlineData(null, "Thu, 01 Jan 2026 00:00:00 GMT", null, "", PreconditionOutcome.NotModified)]
    [InlineData(null, Early, null, "", PreconditionOutcome.Proceed)]
    // s.13.2.2(5), s.13.1.5: If-Range last
    [InlineData("\"a\"", null, "\"b\"", "ETag: \"a\"", PreconditionOutcome.NotModified)]
    [InlineData(null, null, "\"a\"", "ETag: \"a\"", PreconditionOutcome.Proceed)]
    [InlineData(null, null, "W/\"a\"", "ETag: W/\"a\"", PreconditionOutcome.ProceedWhole)]
    [InlineData(null, null, Early, "Last-Modified: " + Early + "|Date: " + Later, PreconditionOutcome.Proceed)]
    [InlineData(null, null, Early, "Last-Modified: " + Early + "|Date: " + Early, PreconditionOutcome.ProceedWhole)]
    [InlineData(null, null, Early, "Last-Modified: " + Early, PreconditionOutcome.ProceedWhole)]
    public void Conditions_AreEvaluatedInOrder(string? ifNoneMatch, string? ifModifiedSince, string? ifRange, string stored, PreconditionOutcome expected)
    {
        var fields = new FieldList(stored.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(l => new Field(l[..l.IndexOf(':')], l[(l.IndexOf(':') + 2)..])));
        Assert.Equal(expected, Preconditions.Evaluate(ifNoneMatch, ifModifiedSince, ifRange, fields, receivedAt: Now, Now));
    }
}
