namespace Sluice.Http;

/// <summary>The field names that a proxy acts on, as their RFCs write them.</summary>
public static class FieldNames
{
    public const string Accept = "Accept";
    public const string AcceptRanges = "Accept-Ranges";
    public const string Age = "Age";
    public const string Allow = "Allow";
    public const string Authorization = "Authorization";
    public const string CacheControl = "Cache-Control";
    public const string CacheGroupInvalidation = "Cache-Group-Invalidation";
    public const string CacheGroups = "Cache-Groups";
    public const string CacheStatus = "Cache-Status";
    public const string Connection = "Connection";
    public const string ContentLength = "Content-Length";
    public const string ContentLocation = "Content-Location";
    public const string ContentRange = "Content-Range";
    public const string ContentType = "Content-Type";
    public const string Cookie = "Cookie";
    public const string Date = "Date";
    public const string ETag = "ETag";
    public const string Expect = "Expect";
    public const string Expires = "Expires";
    public const string Forwarded = "Forwarded";
    public const string Host = "Host";
    public const string IfMatch = "If-Match";
    public const string IfModifiedSince = "If-Modified-Since";
    public const string IfNoneMatch = "If-None-Match";
    public const string IfRange = "If-Range";
    public const string IfUnmodifiedSince = "If-Unmodified-Since";
    public const string KeepAlive = "Keep-Alive";
    public const string LastModified = "Last-Modified";
    public const string Location = "Location";
    public const string MaxForwards = "Max-Forwards";
    public const string Pragma = "Pragma";
    public const string ProxyAuthenticate = "Proxy-Authenticate";
    public const string ProxyAuthenticationInfo = "Proxy-Authentication-Info";
    public const string ProxyAuthorization = "Proxy-Authorization";
    public const string ProxyConnection = "Proxy-Connection";
    public const string ProxyStatus = "Proxy-Status";
    public const string Range = "Range";
    public const string Referer = "Referer";
    public const string RetryAfter = "Retry-After";
    public const string SetCookie = "Set-Cookie";
    public const string TE = "TE";
    public const string Trailer = "Trailer";
    public const string TransferEncoding = "Transfer-Encoding";
    public const string Upgrade = "Upgrade";
    public const string UserAgent = "User-Agent";
    public const string Vary = "Vary";
    public const string Via = "Via";
    public const string Warning = "Warning";
    public const string WwwAuthenticate = "WWW-Authenticate";
    public const string XForwardedFor = "X-Forwarded-For";
    public const string XForwardedHost = "X-Forwarded-Host";
    public const string XForwardedProto = "X-Forwarded-Proto";
}
