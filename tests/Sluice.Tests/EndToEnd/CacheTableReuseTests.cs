namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.2, s.4, s.4.1: which stored answer fits a request. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableReuseTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Fresh = "200|Cache-Control: max-age=60";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // s.2, s.4: "The presented target URI and that of the stored response match"
        ("s.4 another path", [$"GET /a -> {Fresh}", $"GET /b -> {Fresh} => body b2", "GET /a => body b1"]),
        ("s.4 another query", [$"GET ?a=1 -> {Fresh}", $"GET ?a=2 -> {Fresh}", $"GET -> {Fresh}", "GET ?a=1 => hit|body b1"]),
        ("s.4 an empty query is another URI", [$"GET -> {Fresh}", $"GET ? -> {Fresh}", "GET ? => hit|body b2", "GET => hit|body b1"]),
        ("s.4 the order of parameters counts", [$"GET ?a=1&b=2 -> {Fresh}", $"GET ?b=2&a=1 -> {Fresh}"]),
        ("s.4 paths are case-sensitive", [$"GET /a -> {Fresh}", $"GET /A -> {Fresh}"]),
        ("s.4 escapes stay as sent: some origins tell them apart", [$"GET /%61 -> {Fresh}", $"GET /a -> {Fresh}"]),
        ("s.4 a query is cached like any path", ["GET ?x -> 200|Last-Modified: @-1000", "GET ?x => hit"]),
        // s.4: "The request method associated with the stored response allows it to be used for the presented request"
        ("s.4 HEAD from a stored GET", [$"GET -> {Fresh}|X-A: 1", "HEAD => 200|hit|body |X-A: 1|Content-Length: 2"]),
        ("s.4 GET not from HEAD", [$"HEAD -> {Fresh}", $"GET -> {Fresh}"]),
        ("s.4 \"write through requests with methods that are unsafe\"", [$"GET -> {Fresh}", "DELETE -> 204", "PUT|+body: x -> 200", "PATCH|+body: x -> 200", "FROB -> 200"]),
        // s.4: "When a stored response is used to satisfy a request without validation, a cache MUST generate an Age header field"
        ("s.4 Age, replacing any", [$"GET -> {Fresh}|Age: 7 => Age: 7", "wait 3", "GET => hit|Age: 10"]),
        ("s.4 Age is 0 at once", [$"GET -> {Fresh} => -Age", "GET => hit|Age: 0"]),
        ("RFC 9110 s.6.6.1 Date is the origin's", [$"GET -> {Fresh}|Date: @-10", "wait 5", "GET => hit|Date: @-15|Age: 15"]),
        ("RFC 9110 s.7.6.3 Via on stored answers", [$"GET -> {Fresh}|Via: 1.1 x => +Via", "GET => hit|+Via"]),
        ("the status line's code and the body come again", ["GET -> 404|Cache-Control: max-age=60|+body: gone", "GET => 404|body gone"]),
        ("no content stays no content", [$"GET -> {Fresh}|+body: ", "GET => 200|hit|body |Content-Length: 0"]),
        ("an answer in chunks gets its length", [$"GET -> {Fresh}|+trailer: X: 1 => body b1", "HEAD => hit|Content-Length: 2"]),
        ("s.4 the client's Range, If-Range and tags are no other key", [$"GET -> {Fresh}|ETag: \"a\"", "GET|Range: bytes=0-0 => 206|hit|body b", "GET|If-None-Match: \"a\" => 304|hit"]),
        // Bodies and what is not HTTP alone
        ("RFC 9110 s.9.3.1 a GET with a body is not the cache's", [$"GET -> {Fresh}", $"GET|+body: x -> {Fresh} => body b2|saw Content-Length: 1", "GET => body b1"]),
        ("RFC 9110 s.7.8 a request for another protocol goes up", [$"GET -> {Fresh}", $"GET|Connection: upgrade|Upgrade: websocket -> {Fresh} => body b2|cs fwd=bypass|saw Upgrade: websocket", "GET => body b1"]),
        ("h2c is no other protocol", [$"GET -> {Fresh}", "GET|Connection: upgrade|Upgrade: h2c => hit"]),

        // s.4.1: "that cache MUST NOT use that stored response without revalidation unless all the presented request header fields nominated by
        // that Vary field value match"
        ("s.4.1 the same value", [$"GET|X: 1 -> {Fresh}|Vary: X", "GET|X: 1 => hit"]),
        ("s.4.1 another value", [$"GET|X: 1 -> {Fresh}|Vary: X", $"GET|X: 2 -> {Fresh}|Vary: X => body b2|cs fwd=vary-miss"]),
        ("s.4.1 \"If a header field is absent from a request, it can only match another request if it is also absent there\"",
            [$"GET -> {Fresh}|Vary: X", $"GET|X: 1 -> {Fresh}|Vary: X", "GET => hit|body b1", "GET|X: 1 => hit|body b2"]),
        ("s.4.1 an empty value is not an absent one", [$"GET -> {Fresh}|Vary: X", $"GET|X:  -> {Fresh}|Vary: X => body b2"]),
        ("s.4.1 several fields", [$"GET|X: 1|Y: 1 -> {Fresh}|Vary: X, Y", $"GET|X: 1|Y: 2 -> {Fresh}|Vary: X, Y", "GET|X: 1|Y: 1 => hit|body b1"]),
        ("s.4.1 several lines of Vary", [$"GET|X: 1|Y: 1 -> {Fresh}|Vary: X|Vary: Y", $"GET|X: 1|Y: 2 -> {Fresh}"]),
        ("s.4.1 a field that is not named", [$"GET|Y: 1 -> {Fresh}|Vary: X", "GET|Y: 2 => hit"]),
        ("s.4.1 names in any case", [$"GET|foo: 1 -> {Fresh}|Vary: FOO", $"GET|foo: 2 -> {Fresh}|Vary: Foo", "GET|fOO: 1 => hit|body b1"]),
        ("s.4.1 \"combining multiple header fields with the same field name\"", [$"GET|X: 1|X: 2 -> {Fresh}|Vary: X", "GET|X: 1, 2 => hit"]),
        ("s.4.1 \"normalizing ... in ways that are known to have identical semantics\": codings", [$"GET|Accept-Encoding: gzip, br -> {Fresh}|Vary: Accept-Encoding", "GET|Accept-Encoding: BR,gzip => hit"]),
        ("s.4.1 languages", [$"GET|Accept-Language: de, en;q=0.5 -> {Fresh}|Vary: Accept-Language", "GET|Accept-Language: DE,en;q=0.5 => hit", $"GET|Accept-Language: en, de -> {Fresh}"]),
        ("s.4.1 media types", [$"GET|Accept: a/b, c/d -> {Fresh}|Vary: Accept", "GET|Accept: a/b,c/d => hit"]),
        ("s.4.1 a syntax that nobody knows stays as it is", [$"GET|X: a, b -> {Fresh}|Vary: X", $"GET|X: a,b -> {Fresh}"]),
        ("s.4.1 \"A stored response with a Vary header field value containing a member \"*\" always fails to match\"", [$"GET -> {Fresh}|Vary: *", $"GET -> {Fresh}"]),
        ("s.4.1 * among names", [$"GET -> {Fresh}|Vary: X, *", $"GET -> {Fresh}"]),
        ("s.4.1 * on a later line", [$"GET -> {Fresh}|Vary: X|Vary: *", $"GET -> {Fresh}"]),
        ("s.4.1 * that comes with a 304", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"", "GET -> 304|ETag: \"a\"|Cache-Control: max-age=60|Vary: * => 200|body b1", $"GET -> {Fresh} => body b3"]),
        ("s.4.1 empty Vary names nothing", [$"GET|X: 1 -> {Fresh}|Vary: ", "GET|X: 2 => hit"]),
        ("s.4.1 many variants are held side by side", [.. Enumerable.Range(0, 20).Select(i => $"GET|X: {i} -> {Fresh}|Vary: X"), "GET|X: 0 => hit|body b1", "GET|X: 19 => hit|body b20"]),
        ("s.4.1 \"the most recent response (as determined by Date)\" of several that match",
            [$"GET|X: 1|Y: 1 -> {Fresh}|Vary: X|Date: @-5", $"GET|X: 2|Y: 1 -> {Fresh}|Vary: Y|Date: @-20", "GET|X: 1|Y: 1 => hit|body b1"]),
        ("s.4.1 an answer without Vary takes the place of those that its request matches", [$"GET|X: 1 -> {Fresh}|Vary: X", $"GET|X: 2 -> {Fresh}", "GET|X: 2 => hit|body b2"]),
        ("s.4.1 Vary: Cookie keeps users apart", [$"GET|Cookie: u=1 -> {Fresh}|Vary: Cookie", $"GET|Cookie: u=2 -> {Fresh}|Vary: Cookie => body b2", "GET|Cookie: u=1 => body b1"]),
        ("s.4.1 Vary: Origin", [$"GET|Origin: http://a -> {Fresh}|Vary: Origin", $"GET|Origin: http://b -> {Fresh}|Vary: Origin", $"GET -> {Fresh}|Vary: Origin => body b3"]),
        ("s.4.1 an answer that one origin may read depends on Origin, named or not", [$"GET|Origin: http://a -> {Fresh}|Access-Control-Allow-Origin: http://a", $"GET|Origin: http://b -> {Fresh}|Access-Control-Allow-Origin: http://b => body b2",
            "GET|Origin: http://a => hit|Access-Control-Allow-Origin: http://a"]),
        ("s.4.1 one that all may read does not", [$"GET|Origin: http://a -> {Fresh}|Access-Control-Allow-Origin: *", "GET|Origin: http://b => hit"]),
        ("what the client's side is called is in answers, named or not", [$"GET|X-Forwarded-Scheme: ftp -> {Fresh}", $"GET -> {Fresh} => body b2", "GET => hit|body b2", "GET|X-Forwarded-Scheme: ftp => hit"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task StoredAnswer_FitsTheRequestOrNot(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
