namespace Sluice.Http;

/// <summary>Properties of request methods (RFC 9110 s.9.2). Methods are case-sensitive.</summary>
public static class Methods
{
    public const string Get = "GET";
    public const string Head = "HEAD";
    public const string Post = "POST";
    public const string Put = "PUT";
    public const string Delete = "DELETE";
    public const string Connect = "CONNECT";
    public const string Options = "OPTIONS";
    public const string Trace = "TRACE";

    /// <summary>Of no RFC: what caches since Squid obey.</summary>
    public const string Purge = "PURGE";

    // RFC 9110 s.9.2.1, and the others that IANA's registry of methods calls safe.
    public static bool IsSafe(string method) => method is Get or Head or Options or Trace or "PROPFIND" or "QUERY" or "REPORT" or "SEARCH";

    // RFC 9110 s.9.2.2
    public static bool IsIdempotent(string method) => IsSafe(method) || method is Put or Delete;
}
