namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.3: what is stored, and how. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableStoringTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Fresh = "200|Cache-Control: max-age=60";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // s.3: "A cache MUST NOT store a response to a request unless:"
        ("s.3 \"the request method is understood by the cache\": GET", [$"GET -> {Fresh}", "GET => 200|hit|body b1"]),
        ("s.3 HEAD is not stored as an answer to GET", [$"HEAD -> {Fresh}", $"GET -> {Fresh} => body b2"]),
        ("s.3 POST is not stored without a word", [$"POST|+body: x -> {Fresh}", $"GET -> {Fresh} => body b2"]),
        ("s.3 PUT is not", [$"PUT|+body: x -> {Fresh}|Content-Location: {{path}}", $"GET -> {Fresh}"]),
        ("s.3 an unknown method is not", [$"FROB -> {Fresh}", $"FROB -> {Fresh}", $"GET -> {Fresh}"]),
        ("s.3 OPTIONS is not", [$"OPTIONS -> {Fresh}", $"OPTIONS -> {Fresh}"]),
        ("s.3 QUERY is not, and invalidates nothing", [$"GET -> {Fresh}", $"QUERY|+body: q -> {Fresh} => body b2", "GET => body b1", $"QUERY|+body: q -> {Fresh}"]),
        ("s.3 \"206 or 304 ... the cache understands\": 304 to the client's own condition is not stored",
            ["GET|If-None-Match: \"x\" -> 304|ETag: \"x\"|Cache-Control: max-age=60 => 304", $"GET -> {Fresh} => 200|body b2"]),
        ("s.3 \"no-store is not present in the response\"", ["GET -> 200|Cache-Control: no-store, max-age=60", $"GET -> {Fresh} => body b2"]),
        ("s.3 \"if the cache is shared: private is not present\"", ["GET -> 200|Cache-Control: private, max-age=60", $"GET -> {Fresh} => body b2"]),
        ("s.3 \"a public response directive\"", ["GET -> 302|Cache-Control: public|Last-Modified: @-1000|Location: /", "GET => 302|hit"]),
        ("s.3 \"an Expires header field\"", ["GET -> 302|Expires: @+60|Location: /", "GET => 302|hit|Location: /"]),
        ("s.3 \"a max-age response directive\"", ["GET -> 302|Cache-Control: max-age=60|Location: /", "GET => 302|hit"]),
        ("s.3 \"an s-maxage response directive\"", ["GET -> 302|Cache-Control: s-maxage=60|Location: /", "GET => 302|hit"]),
        ("s.3 \"a status code that is defined as heuristically cacheable\": not 302", ["GET -> 302|Last-Modified: @-1000|Location: /", "GET -> 302|Location: /"]),
        ("s.3 not 403", ["GET -> 403|Last-Modified: @-1000", "GET -> 403"]),
        ("s.3 not 500", ["GET -> 500|Last-Modified: @-1000", "GET -> 500"]),
        ("s.3 a status code that nobody knows, with max-age", ["GET -> 299|Cache-Control: max-age=60", "GET => 299|hit"]),
        ("s.3 a status code that nobody knows, without", ["GET -> 299|Last-Modified: @-1000", "GET -> 299"]),
        ("RFC 9110 s.15 a class is all that is known of 499", ["GET -> 499|Cache-Control: max-age=60", "GET => 499|hit"]),
        ("s.5.2.2.3 must-understand: a code not understood is not stored", ["GET -> 299|Cache-Control: must-understand, max-age=60", "GET -> 299"]),
        ("s.5.2.2.3 must-understand, no-store: understood, \"ought to ignore no-store\"",
            ["GET -> 200|Cache-Control: must-understand, no-store, max-age=60", "GET => hit"]),
        ("s.5.2.2.3 must-understand, no-store: not understood", ["GET -> 299|Cache-Control: must-understand, no-store, max-age=60", "GET -> 299"]),

        // Status codes with explicit freshness
        ("s.3 203", ["GET -> 203|Cache-Control: max-age=60", "GET => 203|hit"]),
        ("s.3 204 has no body", ["GET -> 204|Cache-Control: max-age=60", "GET => 204|hit|-Content-Length"]),
        ("s.3 300", ["GET -> 300|Cache-Control: max-age=60", "GET => 300|hit"]),
        ("s.3 301", ["GET -> 301|Cache-Control: max-age=60|Location: {path}/b", "GET => 301|hit|Location: {path}/b"]),
        ("s.3 303", ["GET -> 303|Cache-Control: max-age=60|Location: {path}/b", "GET => 303|hit"]),
        ("s.3 307", ["GET -> 307|Cache-Control: max-age=60|Location: {path}/b", "GET => 307|hit"]),
        ("s.3 308", ["GET -> 308|Cache-Control: max-age=60|Location: {path}/b", "GET => 308|hit"]),
        ("s.3 400", ["GET -> 400|Cache-Control: max-age=60", "GET => 400|hit"]),
        ("s.3 404", ["GET -> 404|Cache-Control: max-age=60", "GET => 404|hit|body b1"]),
        ("s.3 410", ["GET -> 410|Cache-Control: max-age=60", "GET => 410|hit"]),
        ("s.3 500", ["GET -> 500|Cache-Control: max-age=60", "GET => 500|hit"]),
        ("s.3 501", ["GET -> 501|Cache-Control: max-age=60", "GET => 501|hit"]),
        ("s.3 503", ["GET -> 503|Cache-Control: max-age=60", "GET => 503|hit"]),
        ("s.3 504", ["GET -> 504|Cache-Control: max-age=60", "GET => 504|hit"]),
        ("s.4.2.2 404 by a heuristic", ["GET -> 404|Last-Modified: @-1000", "GET => 404|hit"]),
        ("s.4.2.2 501 by a heuristic", ["GET -> 501|Last-Modified: @-1000", "GET => 501|hit"]),
        ("RFC 6585 s.4 \"429 MUST NOT be stored by a cache\"", ["GET -> 429|Cache-Control: max-age=60", "GET -> 200"]),
        ("RFC 6585 s.3 \"428 MUST NOT\"", ["GET -> 428|Cache-Control: max-age=60", "GET -> 200"]),
        ("RFC 6585 s.5 \"431 MUST NOT\"", ["GET -> 431|Cache-Control: max-age=60", "GET -> 200"]),
        ("RFC 6585 s.6 \"511 MUST NOT\"", ["GET -> 511|Cache-Control: max-age=60", "GET -> 200"]),
        ("412 speaks of one client's condition", ["GET|If-Match: \"x\" -> 412|Cache-Control: max-age=60 => 412", "GET -> 200 => 200"]),
        ("413, 417, 408 speak of one request", ["GET -> 413|Cache-Control: max-age=60", "GET -> 417|Cache-Control: max-age=60", "GET -> 408|Cache-Control: max-age=60", "GET -> 200"]),

        // s.3.1: "Caches MUST include all received response header fields -- including unrecognized ones -- when storing a response"
        ("s.3.1 unknown fields, with their order and lines", [$"GET -> {Fresh}|X-A: 1|X-B: 2|X-A: 3", "GET => hit|X-A: 1, 3|X-B: 2"]),
        ("s.3.1 \"The Connection header field and fields whose names are listed in it\"",
            [$"GET -> {Fresh}|Connection: X-Hop|X-Hop: 1|X-End: 2", "GET => hit|-X-Hop|X-End: 2"]),
        ("s.3.1 fields of a proxy's authentication", [$"GET -> {Fresh}|Proxy-Authenticate: Basic realm=\"x\"|Proxy-Authentication-Info: y", "GET => hit|-Proxy-Authenticate|-Proxy-Authentication-Info"]),
        ("s.3.1 a Connection that names Cache-Control hides no no-store", ["GET -> 200|Connection: Cache-Control|Cache-Control: no-store, max-age=60", $"GET -> {Fresh}"]),
        ("s.3.1 fields named by no-cache", ["GET -> 200|Cache-Control: no-cache=\"x-a\", max-age=60|X-A: 1|X-B: 2 => X-A: 1", "GET => hit|-X-A|X-B: 2"]),
        ("s.3.1 fields named by private", ["GET -> 200|Cache-Control: private=\"x-a, x-b\", max-age=60|X-A: 1|X-B: 2|X-C: 3", "GET => hit|-X-A|-X-B|X-C: 3"]),
        ("s.5.5 Warning is a field like any other", [$"GET -> {Fresh}|Warning: 199 - \"x\"", "GET => hit|Warning: 199 - \"x\""]),
        ("RFC 9110 s.6.5 trailers come again, as trailers", [$"GET -> {Fresh}|+trailer: X-T: 1 => body b1|-X-T|trailer X-T: 1", "GET => hit|body b1|-X-T|trailer X-T: 1|-Content-Length", "HEAD => hit|Content-Length: 2"]),
        ("RFC 9110 s.6.6.1 Date is added where there is none", ["GET -> 200 => Date: @+0", $"GET -> {Fresh}", "wait 5", "GET => hit|Date: @-5"]),

        // s.3.2: "the cache MUST add each header field in the provided response to the stored response, replacing field values that are already present"
        ("s.3.2 values are replaced and added", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"|X-A: 1|X-A: 2|X-C: 9",
            "GET -> 304|ETag: \"a\"|X-A: 3|X-B: 4|Cache-Control: max-age=60 => 200|body b1|X-A: 3|X-B: 4|X-C: 9", "GET => hit|X-A: 3|X-B: 4|X-C: 9|Cache-Control: max-age=60"]),
        ("s.3.2 \"except ... the Content-Length header field\"", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"",
            "GET -> 304|ETag: \"a\"|Content-Length: 77 => 200|body b1|Content-Length: 2"]),
        ("s.3.2 \"except ... excepted from storage in s.3.1\"", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"",
            "GET -> 304|ETag: \"a\"|Connection: X-Hop|X-Hop: 1|Proxy-Authenticate: Basic => 200|-X-Hop|-Proxy-Authenticate"]),
        ("s.3.2 \"Content-Range\"", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"", "GET -> 304|ETag: \"a\"|Content-Range: bytes 0-0/1 => 200|-Content-Range"]),
        ("s.3.2 Content-Type and Content-Encoding are not excepted: what is stored is the response", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"|Content-Type: a/b",
            "GET -> 304|ETag: \"a\"|Content-Type: c/d|Content-Encoding: x => 200|Content-Type: c/d|Content-Encoding: x"]),
        ("s.3.2 a 304 that says no-store is served, and nothing is held on to", ["GET -> 200|Cache-Control: no-cache|ETag: \"a\"",
            "GET -> 304|ETag: \"a\"|Cache-Control: no-store => 200|body b1", $"GET -> {Fresh} => saw -If-None-Match|body b3"]),

        // s.3.3: "A cache MUST NOT use an incomplete response to answer requests unless ..."
        ("s.3.3 an answer that broke off is not served as whole", [$"GET -> {Fresh}|+body: hello|+break: 3 => broken", $"GET -> {Fresh}|+body: hello => 200|body hello"]),
        ("s.3.3 nor one in chunks without the last", [$"GET -> {Fresh}|+body: hello|+break: 3 => broken", $"HEAD -> {Fresh} => 200"]),

        // s.3.5: "A shared cache MUST NOT use a cached response to a request with an Authorization header field ..."
        ("s.3.5 without a word", [$"GET|Authorization: Basic eDp5 -> {Fresh}", $"GET -> {Fresh} => body b2|saw -Authorization"]),
        ("s.3.5 public", ["GET|Authorization: Basic eDp5 -> 200|Cache-Control: public, max-age=60", "GET => hit|body b1"]),
        ("s.3.5 must-revalidate", ["GET|Authorization: Basic eDp5 -> 200|Cache-Control: must-revalidate, max-age=60", "GET => hit"]),
        ("s.3.5 s-maxage", ["GET|Authorization: Basic eDp5 -> 200|Cache-Control: s-maxage=60", "GET => hit"]),
        ("s.3.5 what is stored may answer it", [$"GET -> {Fresh}", "GET|Authorization: Basic eDp5 => hit"]),
        ("s.3.5 proxy-revalidate is no leave", ["GET|Authorization: Basic eDp5 -> 200|Cache-Control: proxy-revalidate, max-age=60", $"GET -> {Fresh}"]),

        // RFC 9110 s.9.3.3: "Responses to POST requests are only cacheable when they include explicit freshness information and a Content-Location
        // header field that has the same value as the POST's target URI"
        ("RFC 9110 s.9.3.3 answers \"a later GET or HEAD\"", [$"POST|+body: x -> {Fresh}|Content-Location: {{path}} => cs fwd=method; fwd-status=200; stored", "GET => 200|hit|body b1", "HEAD => 200|hit"]),
        ("RFC 9110 s.9.3.3 but no POST", [$"POST|+body: x -> {Fresh}|Content-Location: {{path}}", "POST|+body: x -> 200 => body b2"]),
        ("RFC 9110 s.9.3.3 the POST replaces what was held", [$"GET -> {Fresh}", $"POST|+body: x -> {Fresh}|Content-Location: {{origin}}{{path}}", "GET => hit|body b2"]),
        ("RFC 9110 s.9.3.3 another location", [$"POST|+body: x -> {Fresh}|Content-Location: {{path}}/other", $"GET -> {Fresh}", $"GET /other -> {Fresh}"]),
        ("RFC 9110 s.9.3.3 another origin", [$"POST|+body: x -> {Fresh}|Content-Location: {{other}}{{path}}", $"GET -> {Fresh}"]),
        ("RFC 9110 s.9.3.3 no explicit freshness", ["POST|+body: x -> 200|Last-Modified: @-1000|Content-Location: {path}", $"GET -> {Fresh}"]),
        ("RFC 9110 s.9.3.3 no-store", [$"POST|+body: x -> 200|Cache-Control: max-age=60, no-store|Content-Location: {{path}}", $"GET -> {Fresh}"]),
        ("RFC 9110 s.9.3.3 one that breaks off is no part to be completed", [$"POST|+body: x -> {Fresh}|Content-Location: {{path}}|ETag: \"a\"|+body: hello|+break: 3 => broken", "GET|Range: bytes=0-0 -> 200 => 200|body b2"]),
        ("RFC 9110 s.9.3.3 an error", [$"POST|+body: x -> 404|Cache-Control: max-age=60|Content-Location: {{path}}", $"GET -> {Fresh}"]),

        // Decisions
        ("s.7.3 Set-Cookie is not stored", [$"GET -> {Fresh}|Set-Cookie: a=b => Set-Cookie: a=b", $"GET -> {Fresh} => -Set-Cookie|body b2"]),
        ("s.7.3 nor beside public", ["GET -> 200|Cache-Control: public, s-maxage=60|Set-Cookie: a=b", $"GET -> {Fresh}"]),
        ("s.7.3 but where the origin withholds it", ["GET -> 200|Cache-Control: no-cache=\"set-cookie\", max-age=60|Set-Cookie: a=b => Set-Cookie: a=b", "GET => hit|-Set-Cookie"]),
        ("neither lifetime nor validator", ["GET -> 200", "GET -> 200"]),
        ("Vary names more fields than any page needs", [$"GET -> {Fresh}|Vary: {string.Join(", ", Enumerable.Range(0, 33).Select(i => $"X-{i}"))}", $"GET -> {Fresh}"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Answer_IsStoredAsTheClauseSays(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
