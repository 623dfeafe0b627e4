using System.Globalization;
using System.Text;
using Sluice.Cache;
using Sluice.Http;

namespace Sluice.Forwarding;

/// <summary>PURGE, as Squid and Varnish are told to forget a URL: all its variants under this listener, 200, or 404 where nothing
/// was held. It is obeyed for the networks of <c>listeners[].purge</c>, refused to all others, and never sent on.</summary>
internal static class PurgeMethod
{
    /// <summary>As Fastly's field: with 1 the answers become stale instead of going.</summary>
    private const string Soft = "Fastly-Soft-Purge";

    public static async ValueTask<OwnAnswer> ObeyAsync(Exchange x, HttpCache cache, string scope)
    {
        var purged = await cache.Care.PurgeAsync(x.Request.Target, [scope], x.Request.Fields.Get(Soft) == "1");
        var body = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"entries\":{purged.Entries},\"soft\":{(purged.Soft ? "true" : "false")}}}\n"));
        return new(
            new FieldList([
                new(FieldNames.ContentType, "application/json"), new(FieldNames.CacheControl, "no-store"),
                new(FieldNames.ContentLength, body.Length.ToString(CultureInfo.InvariantCulture))]),
            body) { Status = purged.Entries > 0 ? 200 : 404 };
    }
}
