namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.4.2.4, s.5.2, s.5.4: directives of requests and answers, and stale answers. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableDirectivesTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Fresh = "200|Cache-Control: max-age=60|ETag: \"a\"";
    private const string Confirmed = "304|ETag: \"a\"";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // s.5.2.1: of requests
        ("s.5.2.1.1 max-age", [$"GET -> {Fresh}", "wait 10", "GET|Cache-Control: max-age=10 => hit", "wait 1", $"GET|Cache-Control: max-age=10 -> {Confirmed} => cs fwd=request"]),
        ("s.5.2.1.1 max-age=0", [$"GET -> {Fresh}", "wait 1", $"GET|Cache-Control: max-age=0 -> {Confirmed}"]),
        ("s.5.2.1.1 \"Unless the max-stale ... is also present, the client does not wish to receive a stale response\"", [$"GET -> {Fresh}", "wait 70", $"GET|Cache-Control: max-age=100 -> {Confirmed}"]),
        ("s.5.2.1.2 max-stale with a number", [$"GET -> {Fresh}", "wait 70", "GET|Cache-Control: max-stale=10 => hit|Age: 70|cs ttl=-10", "wait 1", $"GET|Cache-Control: max-stale=10 -> {Confirmed}"]),
        ("s.5.2.1.2 \"If no value is assigned ... of any age\"", [$"GET -> {Fresh}", "wait 100000", "GET|Cache-Control: max-stale => hit"]),
        ("s.5.2.1.2 beside max-age", [$"GET -> {Fresh}", "wait 70", "GET|Cache-Control: max-age=100, max-stale=60 => hit"]),
        ("s.5.2.1.3 min-fresh", [$"GET -> {Fresh}", "wait 40", "GET|Cache-Control: min-fresh=20 => hit", "wait 1", $"GET|Cache-Control: min-fresh=20 -> {Confirmed}"]),
        ("s.5.2.1.4 no-cache", [$"GET -> {Fresh}", $"GET|Cache-Control: no-cache -> {Confirmed} => 200|body b1|saw If-None-Match: \"a\""]),
        ("s.5.2.1.5 no-store: what comes is not stored", [$"GET|Cache-Control: no-store -> {Fresh}", $"GET -> {Fresh} => body b2"]),
        ("s.5.2.1.5 no-store \"does not apply to the already stored response\"", [$"GET -> {Fresh}", "GET|Cache-Control: no-store => hit"]),
        ("s.5.2.1.6 no-transform asks for what we do anyway", [$"GET -> {Fresh}", "GET|Cache-Control: no-transform => hit|body b1"]),
        ("s.5.2.1.7 only-if-cached: \"either a stored response or 504\"", ["GET|Cache-Control: only-if-cached => 504", $"GET -> {Fresh}", "GET|Cache-Control: only-if-cached => 200|hit"]),
        ("s.5.2.1.7 stale is not within the constraints", [$"GET -> {Fresh}", "wait 60", "GET|Cache-Control: only-if-cached => 504|-Cache-Status", "GET|Cache-Control: only-if-cached, max-stale => 200|hit"]),
        ("s.5.2.1 several lines are one field", [$"GET -> {Fresh}", $"GET|Cache-Control: x|Cache-Control: no-cache -> {Confirmed}"]),
        ("s.5.2.1 directives go up as they came", [$"GET|Cache-Control: max-age=5, x=\"y\" -> {Fresh} => saw Cache-Control: max-age=5, x=\"y\""]),
        ("s.5.4 \"When the Cache-Control header field is not present\": Pragma: no-cache", [$"GET -> {Fresh}", $"GET|Pragma: no-cache -> {Confirmed}"]),
        ("s.5.4 beside Cache-Control it is nothing", [$"GET -> {Fresh}", "GET|Pragma: no-cache|Cache-Control: max-stale=1 => hit"]),
        ("s.5.4 Pragma in an answer is nothing", [$"GET -> {Fresh}|Pragma: no-cache", "GET => hit|Pragma: no-cache"]),

        // s.5.2.2: of answers
        ("s.5.2.2.2 must-revalidate: fresh is fresh", ["GET -> 200|Cache-Control: max-age=60, must-revalidate", "GET => hit"]),
        ("s.5.2.2.2 \"MUST NOT be used to satisfy any other request without ... validation\"", ["GET -> 200|Cache-Control: max-age=1, must-revalidate|ETag: \"a\"", "wait 1", $"GET|Cache-Control: max-stale -> {Confirmed}"]),
        ("s.5.2.2.2 \"if a cache is disconnected, it MUST generate an error response\"", ["GET -> 200|Cache-Control: max-age=1, must-revalidate|ETag: \"a\"", "wait 1", "GET -> down => 502"]),
        ("s.5.2.2.4 no-cache \"MUST NOT be used ... without forwarding it for validation\"", ["GET -> 200|Cache-Control: no-cache, max-age=60|ETag: \"a\"", $"GET -> {Confirmed} => 200|body b1|cs detail=no-cache"]),
        ("s.5.2.2.4 no-cache is heard beside max-stale and a dead origin", ["GET -> 200|Cache-Control: no-cache, max-age=60|ETag: \"a\"", "GET|Cache-Control: max-stale -> down => 502"]),
        ("s.5.2.2.4 names that are no list", ["GET -> 200|Cache-Control: no-cache=x-a, max-age=60|ETag: \"a\"", $"GET -> {Confirmed}"]),
        ("s.5.2.2.5 no-store in any case, on any line, with an argument", ["GET -> 200|Cache-Control: max-age=60|Cache-Control: No-Store", "GET -> 200|Cache-Control: max-age=60, no-store=\"x\"", "GET -> 200"]),
        ("s.5.2.2.6 no-transform is kept", ["GET -> 200|Cache-Control: max-age=60, no-transform|Content-Encoding: x", "GET => hit|Cache-Control: max-age=60, no-transform|Content-Encoding: x"]),
        ("s.5.2.2.7 private=x-a without quotes: the stricter form", ["GET -> 200|Cache-Control: private=x-a, max-age=60", "GET -> 200"]),
        ("s.5.2.2.8 proxy-revalidate", ["GET -> 200|Cache-Control: max-age=1, proxy-revalidate|ETag: \"a\"", "wait 1", $"GET|Cache-Control: max-stale -> {Confirmed}", "wait 1", "GET -> down => 502"]),
        ("s.5.2.2.10 s-maxage \"incorporates the semantics of proxy-revalidate\"", ["GET -> 200|Cache-Control: s-maxage=1, max-age=60|ETag: \"a\"", "wait 1", $"GET|Cache-Control: max-stale -> {Confirmed}"]),

        // s.4.2.4: "A cache MUST NOT generate a stale response unless it is disconnected or doing so is explicitly permitted"
        ("s.4.2.4 stale is not served unasked", [$"GET -> {Fresh}", "wait 60", $"GET -> {Confirmed}"]),
        ("s.4.2.4 disconnected", [$"GET -> {Fresh}", "wait 60", "GET -> down => 200|body b1|Age: 60|cs fwd=stale; ttl=0; detail=stale-if-error"]),
        ("s.4.2.4 disconnected for more than a day", [$"GET -> {Fresh}", "wait 86461", "GET -> down => 502"]),
        ("s.4.2.4 disconnected, and nothing is held", ["GET -> down => 502|-Cache-Status"]),
        ("s.4.2.4 disconnected, HEAD", [$"GET -> {Fresh}", "wait 60", "HEAD -> down => 200|Content-Length: 2"]),
        ("s.4.2.4 not where the client wants better", [$"GET -> {Fresh}", "wait 60", "GET|Cache-Control: no-cache -> down => 502", "GET|Cache-Control: max-age=5 -> down => 502"]),
        ("s.4.2.4 not after an invalidation", [$"GET -> {Fresh}", "POST -> 200", "GET -> down => 502"]),

        // RFC 5861
        ("RFC 5861 s.3 stale-while-revalidate", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30|ETag: \"a\"", "wait 40",
            "GET ~> 304|ETag: \"a\"|X: 2 => hit|Age: 40|cs ttl=-30|body b1|saw If-None-Match: \"a\"", "GET => hit|X: 2|Age: 0"]),
        ("RFC 5861 s.3 a new answer in the background", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30|ETag: \"a\"", "wait 11", "GET ~> 200|Cache-Control: max-age=60 => hit|body b1", "GET => hit|body b2"]),
        ("RFC 5861 s.3 beyond its time", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30|ETag: \"a\"", "wait 41", $"GET -> {Confirmed} => cs fwd=stale"]),
        ("RFC 5861 s.3 a failure in the background changes nothing", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=300|ETag: \"a\"", "wait 11", "GET ~> 500 => hit|body b1", "GET => hit|body b1"]),
        ("RFC 5861 s.3 not beside must-revalidate", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30, must-revalidate|ETag: \"a\"", "wait 11", $"GET -> {Confirmed}"]),
        ("RFC 5861 s.3 not for HEAD's sake: the refresh is a GET", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30|ETag: \"a\"", "wait 11", "HEAD ~> 304|ETag: \"a\" => hit|saw GET"]),
        ("reverse: RFC 7239 the refresh tells the origin of its public side", ["GET -> 200|Cache-Control: max-age=10, stale-while-revalidate=30", "wait 11", "GET|X-Forwarded-For: 192.0.2.9 ~> 200|Cache-Control: max-age=60 => hit|saw X-Forwarded-Proto: http|saw +X-Forwarded-Host"]),
        ("RFC 5861 s.4 stale-if-error on 500, 502, 503, 504", ["GET -> 200|Cache-Control: max-age=10, stale-if-error=30|ETag: \"a\"", "wait 40",
            "GET -> 500 => 200|body b1", "GET -> 502 => 200|body b1", "GET -> 503 => 200|body b1", "GET -> 504 => 200|body b1|cs fwd=stale; fwd-status=504; ttl=-30; detail=stale-if-error"]),
        ("RFC 5861 s.4 beyond its time", ["GET -> 200|Cache-Control: max-age=10, stale-if-error=30|ETag: \"a\"", "wait 41", "GET -> 503 => 503"]),
        ("RFC 5861 s.4 no other status", ["GET -> 200|Cache-Control: max-age=10, stale-if-error=30|ETag: \"a\"", "wait 11", "GET -> 501 => 501", "GET -> 404|Cache-Control: no-store => 404"]),
        ("RFC 5861 s.4 the client's", [$"GET -> {Fresh}", "wait 70", "GET|Cache-Control: stale-if-error=10 -> 503 => 200|body b1", "GET -> 503 => 503"]),
        ("RFC 5861 s.4 on a dead origin its number counts", ["GET -> 200|Cache-Control: max-age=10, stale-if-error=30|ETag: \"a\"", "wait 40", "GET -> down => 200|body b1", "wait 1", "GET -> down => 502"]),
        // RFC 8246
        ("RFC 8246 s.2 immutable: a reload does not ask", ["GET -> 200|Cache-Control: max-age=60, immutable", "wait 5", "GET|Cache-Control: max-age=0 => hit"]),
        ("RFC 8246 s.2 \"no-cache\" does", ["GET -> 200|Cache-Control: max-age=60, immutable|ETag: \"a\"", $"GET|Cache-Control: no-cache -> {Confirmed}"]),
        ("RFC 8246 s.2.1 stale is stale", ["GET -> 200|Cache-Control: max-age=10, immutable|ETag: \"a\"", "wait 10", $"GET -> {Confirmed}"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Directive_IsHeard(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
