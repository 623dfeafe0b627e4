namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.4.4, RFC 9875: invalidation. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableInvalidationTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Fresh = "200|Cache-Control: max-age=60|ETag: \"a\"";
    private const string Confirmed = "304|ETag: \"a\"";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // "A cache MUST invalidate the target URI when it receives a non-error status code in response to an unsafe request method (including
        // methods whose safety is unknown)"
        ("s.4.4 POST", [$"GET -> {Fresh}", "POST|+body: x -> 200", $"GET -> {Confirmed} => 200|body b1|cs detail=invalidated", "GET => hit"]),
        ("s.4.4 PUT, 204", [$"GET -> {Fresh}", "PUT|+body: x -> 204", $"GET -> {Confirmed}"]),
        ("s.4.4 DELETE", [$"GET -> {Fresh}", "DELETE -> 204", "GET -> 404 => 404"]),
        ("s.4.4 PATCH, 201", [$"GET -> {Fresh}", "PATCH|+body: x -> 201", $"GET -> {Confirmed}"]),
        ("s.4.4 a method that nobody knows", [$"GET -> {Fresh}", "FROB -> 200", $"GET -> {Confirmed}"]),
        ("s.4.4 a method that differs by case is another", [$"GET -> {Fresh}", "get -> 200", $"GET -> {Confirmed}"]),
        ("s.4.4 \"non-error\": a redirect", [$"GET -> {Fresh}", "POST|+body: x -> 303|Location: {path}", $"GET -> {Confirmed}"]),
        ("s.4.4 an error of the client", [$"GET -> {Fresh}", "POST|+body: x -> 403", "GET => hit"]),
        ("s.4.4 an error of the server", [$"GET -> {Fresh}", "POST|+body: x -> 500", "GET => hit"]),
        ("s.4.4 no answer", [$"GET -> {Fresh}", "POST|+body: x -> down => 502", "GET => hit"]),
        ("s.4.4 safe methods: HEAD, OPTIONS, TRACE", [$"GET -> {Fresh}", "OPTIONS -> 200", "TRACE -> 200", "GET => hit"]),
        ("RFC 9110 s.9.2.1 safe by their registration", [$"GET -> {Fresh}", "PROPFIND -> 207", "REPORT -> 200", "SEARCH -> 200", "GET => hit"]),
        ("s.4.4 all variants", [$"GET|X: 1 -> {Fresh}|Vary: X", "GET|X: 2 -> 200|Cache-Control: max-age=60|ETag: \"b\"|Vary: X", "POST -> 200", $"GET|X: 1 -> {Confirmed}", "GET|X: 2 -> 304|ETag: \"b\""]),
        ("s.4.4 not another query", [$"GET ?a -> {Fresh}", "POST ?b -> 200", "GET ?a => hit"]),
        ("s.4.4 what was invalidated is not served stale", [$"GET -> {Fresh}", "POST -> 200", $"GET|Cache-Control: max-stale -> {Confirmed}"]),
        // "A cache MAY invalidate other URIs ... in the Location and Content-Location response header fields"
        ("s.4.4 Location", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: {path}/a", $"GET /a -> {Confirmed}"]),
        ("s.4.4 Location, absolute", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: {origin}{path}/a", $"GET /a -> {Confirmed}"]),
        ("s.4.4 Location, relative", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: a", $"GET /a -> {Confirmed}"]),
        ("s.4.4 Location with a fragment", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: {path}/a#x", $"GET /a -> {Confirmed}"]),
        ("s.4.4 Content-Location", [$"GET /a -> {Fresh}", "PUT /b|+body: x -> 200|Content-Location: {path}/a", $"GET /a -> {Confirmed}"]),
        ("s.4.4 both", [$"GET /a -> {Fresh}", $"GET /c -> {Fresh}", "POST /b -> 201|Location: {path}/a|Content-Location: {path}/c", $"GET /a -> {Confirmed}", $"GET /c -> {Confirmed}"]),
        ("s.4.4 \"MUST NOT trigger an invalidation ... if the origin ... differs\"", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: {other}{path}/a|Content-Location: https://127.0.0.1{path}/a", "GET /a => hit"]),
        ("s.4.4 not of an error", [$"GET /a -> {Fresh}", "POST /b -> 400|Location: {path}/a", "GET /a => hit"]),
        ("s.4.4 not of a safe method", [$"GET /a -> {Fresh}", "GET /b -> 200|Location: {path}/a|Content-Location: {path}/a", "GET /a => hit"]),
        ("a reference that is none", [$"GET /a -> {Fresh}", "POST /b -> 201|Location: http://[", "GET /a => hit"]),
        ("a field names another method: its safety is unknown", [$"GET -> {Fresh}", "GET|X-HTTP-Method-Override: DELETE -> 204 => 204|cs fwd=bypass", $"GET -> {Confirmed}"]),

        // RFC 9875
        ("RFC 9875 s.3 all members on the origin", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", $"GET /b -> {Fresh}|Cache-Groups: \"f\", \"g\"", $"GET /c -> {Fresh}|Cache-Groups: \"f\"", $"GET /d -> {Fresh}",
            "POST /x -> 200|Cache-Group-Invalidation: \"g\"", $"GET /a -> {Confirmed} => 200|body b1|cs detail=invalidated", $"GET /b -> {Confirmed}", "GET /c => hit", "GET /d => hit", "GET /a => hit"]),
        ("RFC 9875 s.3 \"MUST be ignored on responses to requests that have a safe method\"", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", "GET /x -> 200|Cache-Group-Invalidation: \"g\"", "GET /a => hit"]),
        ("RFC 9875 s.3 whatever the status", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", "POST /x -> 409|Cache-Group-Invalidation: \"g\"", $"GET /a -> {Confirmed}"]),
        ("RFC 9875 s.3 several groups", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", $"GET /b -> {Fresh}|Cache-Groups: \"h\"", "POST /x -> 200|Cache-Group-Invalidation: \"g\", \"h\"", $"GET /a -> {Confirmed}", $"GET /b -> {Confirmed}"]),
        ("RFC 9875 s.3 on two lines", [$"GET /a -> {Fresh}|Cache-Groups: \"x\"|Cache-Groups: \"g\"", "POST /x -> 200|Cache-Group-Invalidation: \"y\"|Cache-Group-Invalidation: \"g\"", $"GET /a -> {Confirmed}"]),
        ("RFC 9875 s.2.1 \"compared, character by character\"", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", "POST /x -> 200|Cache-Group-Invalidation: \"G\"", "GET /a => hit"]),
        ("RFC 9875 s.2 parameters do not count", [$"GET /a -> {Fresh}|Cache-Groups: \"g\";x=1", "POST /x -> 200|Cache-Group-Invalidation: \"g\";y", $"GET /a -> {Confirmed}"]),
        ("RFC 9875 s.2 a list of strings: tokens are none", [$"GET /a -> {Fresh}|Cache-Groups: g", "POST /x -> 200|Cache-Group-Invalidation: g", "GET /a => hit"]),
        ("RFC 9875 s.2 \"at least 32 groups\", of 32 characters", [$"GET /a -> {Fresh}|Cache-Groups: {string.Join(", ", Enumerable.Range(0, 32).Select(i => $"\"{i:d32}\""))}", $"POST /x -> 200|Cache-Group-Invalidation: \"{31:d32}\"", $"GET /a -> {Confirmed}"]),
        ("RFC 9875 s.3 a member stored later is fresh", ["POST /x -> 200|Cache-Group-Invalidation: \"g\"", $"GET /a -> {Fresh}|Cache-Groups: \"g\"", "GET /a => hit"]),
        ("RFC 9875 s.3 a member is not served stale either", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", "POST /x -> 200|Cache-Group-Invalidation: \"g\"", $"GET /a|Cache-Control: max-stale -> {Confirmed}"]),
        ("RFC 9875 s.3 all variants", [$"GET|X: 1 -> {Fresh}|Vary: X|Cache-Groups: \"g\"", "GET|X: 2 -> 200|Cache-Control: max-age=60|ETag: \"b\"|Vary: X|Cache-Groups: \"g\"", "POST /x -> 200|Cache-Group-Invalidation: \"g\"",
            $"GET|X: 1 -> {Confirmed}", "GET|X: 2 -> 304|ETag: \"b\""]),
        ("RFC 9875 s.2.2.1 \"MAY invalidate any stored responses that share groups\" with what is invalidated", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", $"GET /b -> {Fresh}|Cache-Groups: \"g\"", "POST /a -> 200", $"GET /b -> {Confirmed}"]),
        ("RFC 9875 s.2.2.1 \"does not cascade\"", [$"GET /a -> {Fresh}|Cache-Groups: \"g\"", $"GET /b -> {Fresh}|Cache-Groups: \"g\", \"h\"", $"GET /c -> {Fresh}|Cache-Groups: \"h\"", "POST /a -> 200", $"GET /b -> {Confirmed}", "GET /c => hit"]),
        ("RFC 9875 s.2 a 304 may change them", [$"GET /a -> 200|Cache-Control: no-cache|ETag: \"a\"|Cache-Groups: \"g\"", $"GET /a -> 304|ETag: \"a\"|Cache-Control: max-age=60|Cache-Groups: \"h\"", "POST /x -> 200|Cache-Group-Invalidation: \"g\"", "GET /a => hit",
            "POST /x -> 200|Cache-Group-Invalidation: \"h\"", $"GET /a -> {Confirmed}"]),
        ("RFC 9875 the fields pass", [$"GET -> {Fresh}|Cache-Groups: \"g\" => Cache-Groups: \"g\"", "GET => hit|Cache-Groups: \"g\"", "POST -> 200|Cache-Group-Invalidation: \"x\" => Cache-Group-Invalidation: \"x\""]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Change_MakesDoubtfulWhatItConcerns(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
