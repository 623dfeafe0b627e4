namespace Sluice.Tests.EndToEnd;

/// <summary>RFC 9111 s.4.2, s.5.1, s.5.3: lifetimes and ages. The notation is that of <see cref="CacheTable"/>.</summary>
public class CacheTableFreshnessTests(CacheTable table) : IClassFixture<CacheTable>
{
    private const string Stale = "304|ETag: \"a\"";

    public static readonly TheoryData<string, string, string> Rows = CacheTable.Of(
        // s.4.2: "response_is_fresh = (freshness_lifetime > current_age)"
        ("s.4.2 fresh to the last second", ["GET -> 200|Cache-Control: max-age=60", "wait 59", "GET => hit", "wait 1", "GET -> 200"]),
        ("s.4.2 \"tolerant\" of any case in dates", ["GET -> 200|Date: @+0|Expires: thu, 31 dec 2099 23:59:59 gmt", "GET => hit"]),
        // s.4.2.1
        ("s.4.2.1 \"If the cache is shared and the s-maxage ... is present, use its value\"", ["GET -> 200|Cache-Control: max-age=3600, s-maxage=10|ETag: \"a\"", "wait 10", $"GET -> {Stale}"]),
        ("s.4.2.1 s-maxage longer than max-age", ["GET -> 200|Cache-Control: max-age=1, s-maxage=60", "wait 59", "GET => hit"]),
        ("s.4.2.1 max-age before Expires", ["GET -> 200|Cache-Control: max-age=60|Expires: @-100", "GET => hit"]),
        ("s.4.2.1 \"Expires ... minus the value of the Date\"", ["GET -> 200|Date: @+0|Expires: @+60", "wait 59", "GET => hit", "wait 1", "GET -> 200"]),
        ("s.4.2.1 Date in the past", ["GET -> 200|Date: @-30|Expires: @+30", "wait 29", "GET => hit", "wait 1", "GET -> 200"]),
        ("s.4.2.1 a clock at the origin that is ahead", ["GET -> 200|Date: @+3600|Expires: @+3660", "wait 59", "GET => hit", "wait 1", "GET -> 200"]),
        ("s.4.2.1 a clock at the origin that is behind makes older", ["GET -> 200|Date: @-3600|Expires: @-3540", "GET -> 200"]),
        ("s.4.2.1 two max-age: the first", ["GET -> 200|Cache-Control: max-age=10, max-age=100|ETag: \"a\"", "wait 10", $"GET -> {Stale}"]),
        ("s.4.2.1 two max-age on two lines: the first", ["GET -> 200|Cache-Control: max-age=10|Cache-Control: max-age=100|ETag: \"a\"", "wait 10", $"GET -> {Stale}"]),
        ("s.4.2.1 two Expires: the first", ["GET -> 200|Expires: @+60|Expires: @-60", "GET => hit"]),
        ("s.4.2.1 \"the most restrictive directive should be honored\": no-cache beside max-age", ["GET -> 200|Cache-Control: max-age=60, no-cache|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.1 \"invalid freshness information ... stale\": negative", ["GET -> 200|Cache-Control: max-age=-60|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.1 fraction", ["GET -> 200|Cache-Control: max-age=60.0|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.1 text behind", ["GET -> 200|Cache-Control: max-age=60a|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.1 blanks around =", ["GET -> 200|Cache-Control: max-age = 60|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.1 an invalid s-maxage does not give way to max-age", ["GET -> 200|Cache-Control: s-maxage=x, max-age=60|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.1.2.2 \"greater than the greatest integer it can represent ... 2147483648\"", ["GET -> 200|Cache-Control: max-age=99999999999", "wait 100000", "GET => hit|cs ttl=2147383648"]),
        ("s.1.2.2 leading zeros", ["GET -> 200|Cache-Control: max-age=0060", "wait 59", "GET => hit"]),
        ("s.5.2 quoted-string: \"ought to accept both forms\"", ["GET -> 200|Cache-Control: max-age=\"60\"", "GET => hit"]),
        ("s.5.2 any case", ["GET -> 200|Cache-Control: MAX-AGE=60", "GET => hit"]),
        ("s.5.2 empty members", ["GET -> 200|Cache-Control: , ,max-age=60,", "GET => hit"]),
        ("s.5.2 inside another's quotes", ["GET -> 200|Cache-Control: x=\"max-age=0, no-store\", max-age=60", "GET => hit"]),
        ("s.5.2 behind a quote that never ends", ["GET -> 200|Cache-Control: max-age=60, x=\"y, no-store", "GET -> 200"]),
        ("s.5.2.3 \"A cache MUST ignore unrecognized cache directives\"", ["GET -> 200|Cache-Control: frob, max-age=60, grault=5", "GET => hit"]),
        // s.5.3
        ("s.5.3 \"especially the value '0', as representing a time in the past\"", ["GET -> 200|Expires: 0|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.5.3 no date", ["GET -> 200|Expires: tomorrow|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.5.3 a zone other than GMT", ["GET -> 200|Expires: Thu, 31 Dec 2099 23:59:59 CET|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.5.3 no heuristic in its place", ["GET -> 200|Expires: 0|Last-Modified: @-100000", "GET -> 304"]),
        ("s.5.3 beyond all years", ["GET -> 200|Expires: Fri, 31 Dec 9999 23:59:59 GMT", "GET => hit"]),
        ("s.5.3 RFC 850", ["GET -> 200|Expires: Thursday, 31-Dec-37 23:59:59 GMT", "GET => hit"]),
        ("s.5.3 asctime", ["GET -> 200|Expires: Thu Dec 31 23:59:59 2037", "GET => hit"]),
        ("s.5.3 Date that is none: the time of receipt", ["GET -> 200|Date: F000 00 Mar 0000|Expires: @+60", "wait 59", "GET => hit", "wait 1", "GET -> 200"]),
        // s.4.2.2
        ("s.4.2.2 \"a typical setting of this fraction might be 10%\"", ["GET -> 200|Last-Modified: @-1000", "wait 99", "GET => hit", "wait 1", "GET -> 304"]),
        ("s.4.2.2 at most a day", ["GET -> 200|Last-Modified: @-100000000", "wait 86399", "GET => hit", "wait 1", "GET -> 304"]),
        ("s.4.2.2 \"MUST NOT use heuristics ... when an explicit expiration time is present\"", ["GET -> 200|Cache-Control: max-age=1|Last-Modified: @-100000", "wait 1", "GET -> 304"]),
        ("s.4.2.2 no Last-Modified", ["GET -> 200|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.2 not for what a cookie may have made one user's", ["GET|Cookie: u=1 -> 200|Last-Modified: @-100000", "GET|Cookie: u=2 -> 200 => body b2"]),
        ("s.4.2.2 but where it is public", ["GET|Cookie: u=1 -> 200|Cache-Control: public|Last-Modified: @-100000", "GET|Cookie: u=2 => hit"]),
        ("s.3 an explicit lifetime is the origin's word, whatever the cookie", ["GET|Cookie: u=1 -> 200|Cache-Control: max-age=60", "GET|Cookie: u=2 => hit"]),
        // s.4.2.3, s.5.1
        ("s.4.2.3 age_value", ["GET -> 200|Cache-Control: max-age=60|Age: 50|ETag: \"a\"", "wait 9", "GET => hit|Age: 59", "wait 1", $"GET -> {Stale}"]),
        ("s.4.2.3 apparent_age", ["GET -> 200|Cache-Control: max-age=60|Date: @-50|ETag: \"a\"", "wait 9", "GET => hit|Age: 59", "wait 1", $"GET -> {Stale}"]),
        ("s.4.2.3 the greater of both", ["GET -> 200|Cache-Control: max-age=600|Date: @-50|Age: 20", "GET => hit|Age: 50"]),
        ("s.4.2.3 Date in the future: never negative", ["GET -> 200|Cache-Control: max-age=60|Date: @+500", "wait 1", "GET => hit|Age: 1"]),
        ("s.5.1 \"SHOULD use the first member of the field value, discarding subsequent ones\"", ["GET -> 200|Cache-Control: max-age=60|Age: 10, 9999", "GET => hit|Age: 10"]),
        ("s.5.1 of several lines the first", ["GET -> 200|Cache-Control: max-age=60|Age: 10|Age: 9999", "GET => hit|Age: 10"]),
        ("s.5.1 the first makes stale", ["GET -> 200|Cache-Control: max-age=60|Age: 9999|Age: 1|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.5.1 \"contains something other than a non-negative integer, a cache SHOULD ignore the field\"", ["GET -> 200|Cache-Control: max-age=60|Age: abc", "GET => hit|Age: 0"]),
        ("s.5.1 negative", ["GET -> 200|Cache-Control: max-age=60|Age: -7", "GET => hit|Age: 0"]),
        ("s.5.1 fraction", ["GET -> 200|Cache-Control: max-age=60|Age: 7.0", "GET => hit|Age: 0"]),
        ("s.5.1 quoted", ["GET -> 200|Cache-Control: max-age=60|Age: \"7\"", "GET => hit|Age: 0"]),
        ("s.1.2.2 an Age beyond all bounds", ["GET -> 200|Cache-Control: max-age=60|Age: 99999999999999999999|ETag: \"a\"", $"GET -> {Stale}"]),
        ("s.4.2.3 a 304 begins anew", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "wait 100", $"GET -> {Stale} => Age: 0", "wait 59", "GET => hit|Age: 59"]),
        ("s.4.2.3 a 304 with an Age", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "wait 100", $"GET -> {Stale}|Age: 20 => Age: 20", "wait 39", "GET => hit|Age: 59", "wait 1", $"GET -> {Stale}"]),
        // The wall clock is set
        ("s.4.2.3 it steps back: ages go on", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "wait 30", "step -86400", "wait 29", "GET => hit|Age: 59", "wait 1", $"GET -> {Stale}"]),
        ("s.4.2.3 it steps forward: what may be stale is", ["GET -> 200|Cache-Control: max-age=60|ETag: \"a\"", "step 3600", $"GET -> {Stale}"]));

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Answer_IsAsOldAndAsFreshAsTheClauseSays(string clause, string steps, string form) => table.RunAsync(clause, steps, form);
}
