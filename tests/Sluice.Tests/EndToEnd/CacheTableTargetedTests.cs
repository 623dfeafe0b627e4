namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9213, RFC 9211: fields that speak to some caches, and what ours says of itself. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableTargetedTests(CacheTable table) : IClassFixture<CacheTable>
{
    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // RFC 9213 s.2.2: "MUST select the first (in target-list order) field with a valid, non-empty value ... and it MUST ignore the Cache-Control
        // and Expires header fields in that response"
        ("RFC 9213 s.2.2 it goes before Cache-Control", ["GET -> 200|Sluice-Cache-Control: max-age=60|Cache-Control: no-store", "GET => hit", "wait 60", "GET -> 200"]),
        ("RFC 9213 s.2.2 also where it is stricter", ["GET -> 200|Sluice-Cache-Control: no-store|Cache-Control: max-age=60", "GET -> 200"]),
        ("RFC 9213 s.2.2 Expires is ignored", ["GET -> 200|Sluice-Cache-Control: max-age=60|Expires: 0", "GET => hit"]),
        ("RFC 9213 s.2.2 Expires is ignored, though nothing stands for it", ["GET -> 200|Sluice-Cache-Control: must-revalidate|Expires: @+60|ETag: \"a\"", "GET -> 304|ETag: \"a\""]),
        ("RFC 9213 s.2.2 private, no-cache", ["GET -> 200|Sluice-Cache-Control: private, max-age=60", "GET -> 200|Sluice-Cache-Control: no-cache, max-age=60|ETag: \"a\"", "GET -> 304|ETag: \"a\""]),
        ("RFC 9213 s.2.2 must-revalidate", ["GET -> 200|Sluice-Cache-Control: max-age=1, must-revalidate|ETag: \"a\"", "wait 1", "GET|Cache-Control: max-stale -> 304|ETag: \"a\""]),
        ("RFC 9213 s.2.2 what else is known of Cache-Control", ["GET -> 200|Sluice-Cache-Control: max-age=10, stale-while-revalidate=30|ETag: \"a\"", "wait 11", "GET ~> 304|ETag: \"a\" => hit|body b1"]),
        ("RFC 9213 s.2.2 \"unrecognized extension directives are ignored\"", ["GET -> 200|Sluice-Cache-Control: max-age=60, frob, x=(1 2)|Cache-Control: no-store", "GET => hit"]),
        ("RFC 9213 s.2.2 on two lines", ["GET -> 200|Sluice-Cache-Control: max-age=60|Sluice-Cache-Control: immutable", "GET => hit"]),
        ("RFC 9213 s.2.1 \"If a targeted field ... is empty ... MUST be ignored\"", ["GET -> 200|Sluice-Cache-Control: |Cache-Control: max-age=60", "GET => hit"]),
        ("RFC 9213 s.2.1 \"or a parsing error is encountered\"", ["GET -> 200|Sluice-Cache-Control: max-age=60,, no-store|Cache-Control: max-age=60", "GET => hit"]),
        ("RFC 9213 s.2.1 keys in upper case are an error", ["GET -> 200|Sluice-Cache-Control: Max-Age=60|Cache-Control: no-store", "GET -> 200"]),
        ("RFC 9213 s.2.1 so is a comma at the end", ["GET -> 200|Sluice-Cache-Control: no-store,|Cache-Control: max-age=60", "GET => hit"]),
        ("RFC 9213 s.2.1 \"SHOULD NOT consume values that violate these inferred constraints\": a decimal", ["GET -> 200|Sluice-Cache-Control: max-age=60.0|Cache-Control: max-age=60|ETag: \"a\"", "GET -> 304|ETag: \"a\""]),
        ("RFC 9213 s.2.1 a string", ["GET -> 200|Sluice-Cache-Control: max-age=\"60\"|Cache-Control: max-age=60|ETag: \"a\"", "GET -> 304|ETag: \"a\""]),
        ("RFC 9213 s.2.1 a directive that is false", ["GET -> 200|Sluice-Cache-Control: max-age=60, no-store=?0", "GET => hit"]),
        ("RFC 9213 s.2.1 field names in a string", ["GET -> 200|Sluice-Cache-Control: max-age=60, private=\"x-a\"|X-A: 1|X-B: 2", "GET => hit|-X-A|X-B: 2"]),
        ("RFC 9213 s.2.1 parameters are ignored", ["GET -> 200|Sluice-Cache-Control: max-age=60;x=\"no-store\"", "GET => hit"]),
        ("RFC 9651 s.4.2.2 of two the last counts", ["GET -> 200|Sluice-Cache-Control: max-age=1, max-age=60", "wait 59", "GET => hit"]),
        ("RFC 9651 s.3.3.1 a negative number is stale", ["GET -> 200|Sluice-Cache-Control: max-age=-1|Cache-Control: max-age=60|ETag: \"a\"", "GET -> 304|ETag: \"a\""]),
        ("RFC 9651 s.3.3.1 sixteen digits are an error", ["GET -> 200|Sluice-Cache-Control: max-age=1000000000000000|Cache-Control: no-store", "GET -> 200"]),
        ("RFC 9213 s.2.2 fields not on the list change nothing and pass", ["GET -> 200|Other-Cache-Control: no-store|Cache-Control: max-age=60 => Other-Cache-Control: no-store", "GET => hit|Other-Cache-Control: no-store"]),
        ("RFC 9213 s.2.2 those on it pass, too", ["GET -> 200|Sluice-Cache-Control: max-age=60|Cache-Control: no-store|CDN-Cache-Control: max-age=5", "GET => hit|Sluice-Cache-Control: max-age=60|Cache-Control: no-store|CDN-Cache-Control: max-age=5"]),
        ("RFC 9213 a 304 without it keeps it", ["GET -> 200|Sluice-Cache-Control: max-age=10|ETag: \"a\"", "wait 10", "GET -> 304|ETag: \"a\"|Cache-Control: no-store => 200|body b1", "GET => hit|body b1"]),
        ("RFC 9213 s-maxage in it is leave to store what Authorization asked for", ["GET|Authorization: Basic eDp5 -> 200|Sluice-Cache-Control: s-maxage=60", "GET => hit"]),
        ("RFC 9213 Surrogate-Control is not on the list", ["GET -> 200|Surrogate-Control: max-age=60|Cache-Control: no-store", "GET -> 200"]),
        ("reverse: RFC 9213 s.3 CDN-Cache-Control", ["GET -> 200|CDN-Cache-Control: max-age=60|Cache-Control: no-store", "GET => hit"]),
        ("reverse: RFC 9213 s.2.2 the more applicable one first", ["GET -> 200|CDN-Cache-Control: no-store|Sluice-Cache-Control: max-age=60", "GET => hit"]),
        ("reverse: RFC 9213 s.2.2 then the next that is valid", ["GET -> 200|Sluice-Cache-Control: ,|CDN-Cache-Control: max-age=60|Cache-Control: no-store", "GET => hit"]),
        ("forward: RFC 9213 s.3 nobody's CDN: not on the list", ["GET -> 200|CDN-Cache-Control: max-age=60|Cache-Control: no-store => CDN-Cache-Control: max-age=60", "GET -> 200"]),
        ("forward: RFC 9213 s.2.2 nor where it is stricter", ["GET -> 200|CDN-Cache-Control: no-store|Cache-Control: max-age=60", "GET => hit"]),

        // RFC 9211
        ("RFC 9211 s.2.1 hit, s.2.4 ttl", ["GET -> 200|Cache-Control: max-age=60", "wait 20", "GET => Cache-Status: sluice; hit; ttl=40"]),
        ("RFC 9211 s.2.2 fwd, s.2.3 fwd-status, s.2.5 stored", ["GET -> 200|Cache-Control: max-age=60|Age: 10 => Cache-Status: sluice; fwd=uri-miss; fwd-status=200; stored; ttl=50"]),
        ("RFC 9211 s.2.5 not stored", ["GET -> 200|Cache-Control: no-store => Cache-Status: sluice; fwd=uri-miss; fwd-status=200"]),
        ("RFC 9211 s.2.2 vary-miss", ["GET|X: 1 -> 200|Cache-Control: max-age=60|Vary: X", "GET|X: 2 -> 200 => Cache-Status: sluice; fwd=vary-miss; fwd-status=200"]),
        ("RFC 9211 s.2.2 stale", ["GET -> 200|Cache-Control: max-age=1|ETag: \"a\"", "wait 1", "GET -> 304|ETag: \"a\" => Cache-Status: sluice; fwd=stale; fwd-status=304; ttl=1"]),
        ("RFC 9211 s.2.2 method", ["POST -> 201 => Cache-Status: sluice; fwd=method; fwd-status=201"]),
        ("RFC 9211 s.2.2 request", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "GET|Cache-Control: no-cache -> 304|ETag: \"a\" => Cache-Status: sluice; fwd=request; fwd-status=304; ttl=60; detail=no-cache"]),
        ("RFC 9211 s.2.2 bypass", ["GET|+body: x -> 200 => Cache-Status: sluice; fwd=bypass; fwd-status=200; detail=request-body"]),
        ("RFC 9211 s.2 \"the cache closest to the user is last\"", ["GET -> 200|Cache-Control: max-age=60|Cache-Status: Inner; hit => Cache-Status: Inner; hit, sluice; fwd=uri-miss; fwd-status=200; stored; ttl=60",
            "GET => Cache-Status: Inner; hit, sluice; hit; ttl=60"]),
        ("RFC 9211 s.2 a 304 is based on a stored response", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "GET|If-None-Match: \"a\" => 304|Cache-Status: sluice; hit; ttl=60"]),
        ("RFC 9211 s.2 \"SHOULD NOT append ... to responses that it generates locally\"", ["GET|Cache-Control: only-if-cached => 504|-Cache-Status", "GET -> down => 502|-Cache-Status"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Field_IsHeardAndSaid(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
