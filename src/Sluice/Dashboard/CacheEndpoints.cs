using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Sluice.Cache;
using Sluice.Http;

namespace Sluice.Dashboard;

/// <summary>The part of the admin API below /v1/cache: what is held, why, and purging. Read as strictly as the configuration:
/// a name that is not known is an error, never ignored.</summary>
internal sealed class CacheEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 100_000;

    private readonly HttpCache _cache;
    private readonly Func<IReadOnlyList<string>> _named;

    public CacheEndpoints(HttpCache cache, Func<IReadOnlyList<string>> named) => (_cache, _named) = (cache, named);

    private IReadOnlyList<string> Routes => ["", .. _named()];

    public static void Map(IEndpointRouteBuilder api, HttpCache cache, Func<IReadOnlyList<string>> routes)
    {
        var cacheApi = new CacheEndpoints(cache, routes);
        api.MapGet("/v1/cache/stats", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return CacheStats.Of(cache);
        });
        api.MapGet("/v1/cache/entries", (HttpRequest request) =>
        {
            var query = new Query(request.Query, ["host", "prefix", "tag", "route", "limit"]);
            var limit = DefaultLimit;
            if (query["limit"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
                throw Wrong($"limit: '{text}' is not a number from 1 to {MaxLimit}");
            return cacheApi.List(query["host"], query["prefix"], query["tag"], query["route"], limit);
        });
        api.MapGet("/v1/cache/entry", (HttpRequest request) =>
        {
            var query = new Query(request.Query, ["url", "route", "field"]);
            return cacheApi.ShowAsync(query["url"] ?? throw Wrong("url is missing"), query["route"], query.All("field"));
        });
        api.MapPost("/v1/cache/purge", async (HttpRequest request) => await cacheApi.PurgeAsync(await Orders.ReadAsync<PurgeOrder>(request)));
    }

    /// <summary>What is held, as far as all that is given fits; each null: any.</summary>
    public EntryList List(string? host, string? prefix, string? tag, string? route, int limit)
    {
        var held = _cache.Care.List(Selector(host, prefix, tag, route)).Take(limit + 1).ToList();
        return new EntryList(held.Take(limit).ToList(), held.Count > limit);
    }

    /// <param name="fields"><c>Name: value</c></param>
    public async Task<EntryReport> ShowAsync(string url, string? route, IEnumerable<string?> fields)
    {
        var head = new RequestHead { Method = Methods.Get, Target = Target("url", url), Version = ProtocolVersion.Http11, Fields = FieldsOf(fields) };
        var held = new List<HeldAnswers>();
        foreach (var scope in Scopes(route))
            held.Add(await _cache.Care.ShowAsync(head, scope));
        return new EntryReport(held);
    }

    public async Task<Purged> PurgeAsync(PurgeOrder? order)
    {
        if (order is null || new[] { order.Url, order.Prefix, order.Host, order.Tag, order.All ? "" : null }.Count(s => s is not null) != 1)
            throw Wrong("name exactly one of url, prefix, host, tag and all");
        if (order.Tag is { } tag && tag.Trim().Length == 0)
            throw Wrong("tag: is empty");
        if (order.Url is { } url)
            return await _cache.Care.PurgeAsync(Target("url", url), Scopes(order.Route), order.Soft);
        return await _cache.Care.PurgeAsync(Selector(order.Host, order.Prefix, order.Tag, order.Route), order.Soft);
    }

    private EntrySelector Selector(string? host, string? prefix, string? tag, string? route)
    {
        HostPattern? pattern = null;
        if (host is not null && HostPattern.TryParse(host, out pattern) is { } wrong)
            throw Wrong($"host: '{host}' {wrong}");
        if (route is not null)
            _ = Scopes(route);
        return new EntrySelector { Host = pattern, Prefix = prefix is null ? null : Target("prefix", prefix), Tag = tag, Route = route };
    }

    private IReadOnlyList<string> Scopes(string? route) =>
        route is null ? Routes
        : Routes.Contains(route) ? [route]
        : throw Wrong($"route: no reverse listener is named '{route}'{(Routes.Count == 1 ? "" : $", known: {string.Join(", ", Routes.Skip(1))}")}");

    private static RequestTarget Target(string name, string url) =>
        RequestTarget.TryParse(Methods.Get, url, null, "http", null, out var target, out _) && target.Form == TargetForm.Absolute
            ? target
            : throw Wrong($"{name}: '{url}' is not an absolute http or https URL as a request carries it, write for example http://example.com/path");

    /// <param name="lines"><c>Name: value</c></param>
    internal static FieldList FieldsOf(IEnumerable<string?> lines)
    {
        var fields = new FieldList();
        foreach (var line in lines)
        {
            var colon = line?.IndexOf(':', StringComparison.Ordinal) ?? -1;
            if (colon <= 0)
                throw Wrong($"field: '{line}' is not a field line, write Name: value");
            fields.Add(line![..colon], line[(colon + 1)..].Trim());
        }
        return fields;
    }

    internal static AdminProblemException Wrong(string detail) => new(StatusCodes.Status400BadRequest, detail);
}
