namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.4.3, RFC 9110 s.13: validation. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableValidationTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Tagged = "200|Cache-Control: no-cache|ETag: \"a\"";
    private const string Dated = "200|Cache-Control: no-cache|Last-Modified: @-1000";
    private const string Fresh = "200|Cache-Control: max-age=60|ETag: \"a\"|Last-Modified: @-1000|Date: @+0";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // s.4.3.1
        ("s.4.3.1 \"MUST send the relevant entity tags (using If-None-Match ...)\"", [$"GET -> {Tagged}", "GET -> 304|ETag: \"a\" => 200|body b1|saw If-None-Match: \"a\""]),
        ("s.4.3.1 \"SHOULD send the Last-Modified value (using If-Modified-Since)\"", [$"GET -> {Dated}", "GET -> 304 => 200|body b1|saw If-Modified-Since: @-1000"]),
        ("s.4.3.1 both", [$"GET -> {Tagged}|Last-Modified: @-1000", "GET -> 304|ETag: \"a\" => saw If-None-Match: \"a\"|saw If-Modified-Since: @-1000"]),
        ("s.4.3.1 a weak tag", ["GET -> 200|Cache-Control: no-cache|ETag: W/\"a\"", "GET -> 304|ETag: W/\"a\" => 200|body b1|saw If-None-Match: W/\"a\""]),
        ("s.4.3.1 without a validator the request goes as it is", ["GET -> 200|Cache-Control: max-age=1", "wait 1", "GET -> 200 => body b2|saw -If-None-Match|saw -If-Modified-Since"]),
        ("s.4.3.1 a tag that is none is not sent", ["GET -> 200|Cache-Control: max-age=1|ETag: a b", "wait 1", "GET -> 200 => saw -If-None-Match"]),
        ("s.4.3.1 tags of all variants where none fits", ["GET|X: 1 -> 200|Cache-Control: max-age=60|Vary: X|ETag: \"1\"", "GET|X: 2 -> 200|Cache-Control: max-age=60|Vary: X|ETag: \"2\"",
            "GET|X: 3 -> 304|ETag: \"2\"|Vary: X => 200|body b2|saw If-None-Match: \"1\", \"2\"", "GET|X: 3 => hit|body b2"]),
        ("s.4.3.1 HEAD is validated, too", [$"GET -> {Tagged}", "HEAD -> 304|ETag: \"a\" => 200|body |saw HEAD"]),
        // s.4.3.2
        ("s.4.3.2 If-None-Match that matches", [$"GET -> {Fresh}", "GET|If-None-Match: \"a\" => 304|hit|ETag: \"a\"|body "]),
        ("s.4.3.2 one that does not", [$"GET -> {Fresh}", "GET|If-None-Match: \"b\" => 200|hit|body b1"]),
        ("s.4.3.2 a list", [$"GET -> {Fresh}", "GET|If-None-Match: \"x\", \"a\", \"y\" => 304"]),
        ("s.4.3.2 a list on two lines", [$"GET -> {Fresh}", "GET|If-None-Match: \"x\"|If-None-Match: \"a\" => 304"]),
        ("s.4.3.2 \"*\"", [$"GET -> {Fresh}", "GET|If-None-Match: * => 304"]),
        ("s.4.3.2 \"*\" where nothing is held is the origin's", ["GET|If-None-Match: * -> 200|Cache-Control: max-age=60 => 200|saw If-None-Match: *"]),
        ("RFC 9110 s.13.1.2 weak comparison: a strong tag held", [$"GET -> {Fresh}", "GET|If-None-Match: W/\"a\" => 304"]),
        ("RFC 9110 s.13.1.2 weak comparison: a weak tag held", ["GET -> 200|Cache-Control: max-age=60|ETag: W/\"a\"", "GET|If-None-Match: \"a\" => 304|ETag: W/\"a\""]),
        ("RFC 9110 s.8.8.3 a comma within a tag", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a,b\"", "GET|If-None-Match: \"x\", \"a,b\" => 304", "GET|If-None-Match: \"a => 200"]),
        ("s.4.3.2 If-Modified-Since against Last-Modified", [$"GET -> {Fresh}", "GET|If-Modified-Since: @-1000 => 304", "GET|If-Modified-Since: @-1001 => 200|hit", "GET|If-Modified-Since: @-1 => 304"]),
        ("s.4.3.2 If-Modified-Since without Last-Modified: Date", ["GET -> 200|Cache-Control: max-age=60|Date: @-10", "GET|If-Modified-Since: @-10 => 304", "GET|If-Modified-Since: @-11 => 200"]),
        ("RFC 9110 s.13.1.3 \"MUST ignore If-Modified-Since if the request contains an If-None-Match\"",
            [$"GET -> {Fresh}", "GET|If-None-Match: \"b\"|If-Modified-Since: @+0 => 200", "GET|If-None-Match: \"a\"|If-Modified-Since: @-9999 => 304"]),
        ("RFC 9110 s.13.1.3 \"MUST ignore ... if the field value is not a valid HTTP-date\"", [$"GET -> {Fresh}", "GET|If-Modified-Since: yesterday => 200|hit"]),
        ("RFC 9110 s.13.2.1 conditions of HEAD", [$"GET -> {Fresh}", "HEAD|If-None-Match: \"a\" => 304"]),
        ("RFC 9110 s.13.2.1 \"MUST ignore all received preconditions if its response ... would have been a status code other than a 2xx\"",
            ["GET -> 404|Cache-Control: max-age=60|ETag: \"a\"", "GET|If-None-Match: \"a\" => 404|hit"]),
        ("s.4.3.2 If-Match is the origin's", [$"GET -> {Fresh}", "GET|If-Match: \"b\" -> 412 => 412|saw If-Match: \"b\"", "GET => hit|body b1"]),
        ("s.4.3.2 If-Unmodified-Since is the origin's", [$"GET -> {Fresh}", "GET|If-Unmodified-Since: @-2000 -> 412 => 412", "GET => hit"]),
        ("s.4.3.2 \"the client's own tags\" go up beside ours", [$"GET -> {Tagged}", "GET|If-None-Match: \"b\" -> 304|ETag: \"b\" => 304|ETag: \"b\"|saw If-None-Match: \"a\", \"b\"", "GET -> 304|ETag: \"a\" => 200|body b1"]),
        ("s.4.3.2 the client has what we have", [$"GET -> {Tagged}", "GET|If-None-Match: \"a\" -> 304|ETag: \"a\" => 304"]),
        ("s.4.3.2 the client has another, ours is confirmed", [$"GET -> {Tagged}", "GET|If-None-Match: \"b\" -> 304|ETag: \"a\" => 200|body b1"]),
        // RFC 9110 s.15.4.5
        ("RFC 9110 s.15.4.5 a 304 has \"Content-Location, Date, ETag, and Vary, Cache-Control and Expires\"",
            ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"|Content-Location: /x|Vary: X|Expires: @+60|Date: @+0|Content-Type: a/b|Last-Modified: @-9",
                "GET|If-None-Match: \"a\" => 304|Content-Location: /x|Date: @+0|ETag: \"a\"|Vary: X|Cache-Control: max-age=60|Expires: @+60|-Content-Type|-Last-Modified|-Content-Length|Age: 0"]),
        ("RFC 9110 s.15.4.5 without a tag Last-Modified stays", ["GET -> 200|Cache-Control: max-age=60|Last-Modified: @-9", "GET|If-Modified-Since: @-9 => 304|Last-Modified: @-9"]),
        // s.4.3.3
        ("s.4.3.3 \"A full response ... indicates that none of the stored responses ... is suitable\"", [$"GET -> {Tagged}", "GET -> 200|Cache-Control: max-age=60|ETag: \"b\" => 200|body b2", "GET => hit|body b2|ETag: \"b\""]),
        ("s.4.3.3 an answer that may not be stored makes the old one doubtful", ["GET -> 200|Cache-Control: max-age=10|ETag: \"a\"", "wait 10", "GET -> 200|Cache-Control: no-store => body b2",
            "GET|Cache-Control: max-stale -> 200|Cache-Control: no-store => body b3|saw If-None-Match: \"a\""]),
        ("s.4.3.3 \"it can either forward this response\": a 5xx passes, and what is held is not lost", [$"GET -> {Tagged}", "GET -> 503 => 503", "GET -> 304|ETag: \"a\" => 200|body b1"]),
        ("s.4.3.3 a 404 in place of what was held", [$"GET -> {Tagged}", "GET -> 404|Cache-Control: max-age=60 => 404", "GET => 404|hit"]),
        // s.4.3.4
        ("s.4.3.4 a strong tag updates what has it", [$"GET -> {Tagged}", "GET -> 304|ETag: \"a\"|Cache-Control: max-age=60 => 200|cs fwd=stale; fwd-status=304", "GET => hit|body b1"]),
        ("s.4.3.4 \"MUST NOT use the new response to update any stored responses\": asked again, without ours",
            [$"GET -> {Tagged}", "GET -> 304|ETag: \"z\"|X: 1 -> 200|Cache-Control: max-age=60 => 200|body b3|-X|saw -If-None-Match", "GET => hit|body b3"]),
        ("s.4.3.4 a weak tag: \"the most recent of those matching\"", ["GET -> 200|Cache-Control: no-cache|ETag: W/\"a\"", "GET -> 304|ETag: W/\"a\"|Cache-Control: max-age=60 => 200|body b1", "GET => hit"]),
        ("s.4.3.4 Last-Modified alone", [$"GET -> {Dated}", "GET -> 304|Last-Modified: @-1000|Cache-Control: max-age=60 => 200|body b1", "GET => hit"]),
        ("s.4.3.4 another Last-Modified", [$"GET -> {Dated}", "GET -> 304|Last-Modified: @-5 -> 200|Cache-Control: max-age=60 => 200|body b3"]),
        ("s.4.3.4 no validator in it, one answer asked about", [$"GET -> {Tagged}", "GET -> 304|Cache-Control: max-age=60 => 200|body b1", "GET => hit"]),
        ("s.4.3.4 no validator in it, and the client had tags of its own", [$"GET -> {Tagged}", "GET|If-None-Match: \"b\" -> 304 -> 200|Cache-Control: max-age=60 => 200|body b3"]),
        ("s.4.3.4 of two variants only the named one", ["GET|X: 1 -> 200|Cache-Control: max-age=10|Vary: X|ETag: \"1\"", "GET|X: 2 -> 200|Cache-Control: max-age=10|Vary: X|ETag: \"2\"", "wait 10",
            "GET|X: 2 -> 304|ETag: \"2\"|Cache-Control: max-age=60|X-New: 1 => body b2|X-New: 1", "GET|X: 2 => hit|body b2", "GET|X: 1 -> 304|ETag: \"1\" => body b1|-X-New"]),
        ("s.7.3 a cookie on a 304 is for the one who asked", [$"GET -> {Tagged}", "GET -> 304|ETag: \"a\"|Set-Cookie: u=1|Cache-Control: max-age=60 => 200|Set-Cookie: u=1", "GET => hit|-Set-Cookie"]),
        ("s.5.2.1.5 a 304 to a request with no-store changes nothing", [$"GET -> {Tagged}|X: 1", "GET|Cache-Control: no-store -> 304|ETag: \"a\"|X: 2|Cache-Control: max-age=60 => 200|body b1", "GET -> 304|ETag: \"a\" => 200|body b1|X: 1"]),
        // s.4.3.5: "When a cache makes an inbound HEAD request ... SHOULD update or invalidate each of its stored GET responses"
        ("s.4.3.5 HEAD that agrees updates", ["GET -> 200|Cache-Control: max-age=10|ETag: \"a\"|X: 1", "wait 10", "HEAD -> 200|Cache-Control: max-age=60|ETag: \"a\"|X: 2|Content-Length: 2", "GET => hit|body b1|X: 2"]),
        ("s.4.3.5 HEAD with another tag makes doubtful", ["GET -> 200|Cache-Control: max-age=10|ETag: \"a\"", "wait 10", "HEAD -> 200|Cache-Control: max-age=60|ETag: \"b\"|Content-Length: 2", "GET|Cache-Control: max-stale -> 304|ETag: \"a\" => body b1"]),
        ("s.4.3.5 HEAD with another length", ["GET -> 200|Cache-Control: max-age=10|ETag: \"a\"", "wait 10", "HEAD -> 200|Cache-Control: max-age=60|ETag: \"a\"|Content-Length: 3", "GET|Cache-Control: max-stale -> 304|ETag: \"a\""]),
        ("s.4.3.5 HEAD with another Last-Modified", ["GET -> 200|Cache-Control: max-age=10|Last-Modified: @-9", "wait 10", "HEAD -> 200|Cache-Control: max-age=60|Last-Modified: @-1|Content-Length: 2", "GET|Cache-Control: max-stale -> 200 => body b3"]),
        ("s.4.3.5 an error to HEAD says nothing", ["GET -> 200|Cache-Control: max-age=10|ETag: \"a\"", "wait 10", "HEAD -> 503 => 503", "GET|Cache-Control: max-stale => hit|body b1"]),
        // RFC 9110 s.13.1.5
        ("RFC 9110 s.13.1.5 If-Range that holds", [$"GET -> {Fresh}", "GET|Range: bytes=0-0|If-Range: \"a\" => 206|hit|body b"]),
        ("RFC 9110 s.13.1.5 one that does not: the whole", [$"GET -> {Fresh}", "GET|Range: bytes=0-0|If-Range: \"b\" => 200|hit|body b1"]),
        ("RFC 9110 s.13.1.5 a weak tag never holds", ["GET -> 200|Cache-Control: max-age=60|ETag: W/\"a\"", "GET|Range: bytes=0-0|If-Range: W/\"a\" => 200|body b1"]),
        ("RFC 9110 s.13.1.5 a date, exactly", [$"GET -> {Fresh}", "GET|Range: bytes=0-0|If-Range: @-1000 => 206", "GET|Range: bytes=0-0|If-Range: @-999 => 200"]),
        ("RFC 9110 s.13.2.2 conditions before Range", [$"GET -> {Fresh}", "GET|Range: bytes=0-0|If-None-Match: \"a\" => 304"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Validation_GoesAsTheClauseSays(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
