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

    private CacheEndpoints(HttpCache cache, Func<IReadOnlyList<string>> named) => (_cache, _named) = (cache, named);

    private IReadOnlyList<string> Routes => ["", .. _named()];

    public static void Map(IEndpointRouteBuilder api, HttpCache cache, Func<IReadOnlyList<string>> routes)
    {
        var cacheApi = new CacheEndpoints(cache, routes);
        api.MapGet("/v1/cache/stats", (HttpRequest request) =>
        {
            _ = new Query(request.Query, []);
            return CacheStats.Of(cache);
        });
        api.MapGet("/v1/cache/entries", cacheApi.List);
        api.MapGet("/v1/cache/entry", cacheApi.ShowAsync);
        api.MapPost("/v1/cache/purge", cacheApi.PurgeAsync);
    }

    private EntryList List(HttpRequest request)
    {
        var query = new Query(request.Query, ["host", "prefix", "tag", "route", "limit"]);
        var limit = DefaultLimit;
        if (query["limit"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
            throw Wrong($"limit: '{text}' is not a number from 1 to {MaxLimit}");
        var held = _cache.Care.List(Selector(query["host"], query["prefix"], query["tag"], query["route"])).Take(limit + 1).ToList();
        return new EntryList(held.Take(limit).ToList(), held.Count > limit);
    }

    private async Task<EntryReport> ShowAsync(HttpRequest request)
    {
        var query = new Query(request.Query, ["url", "route", "field"]);
        if (query["url"] is not { } url)
            throw Wrong("url is missing");
        var fields = new FieldList();
        foreach (var line in query.All("field"))
        {
            var colon = line?.IndexOf(':', StringComparison.Ordinal) ?? -1;
            if (colon <= 0)
                throw Wrong($"field: '{line}' is not a field line, write Name: value");
            fields.Add(line![..colon], line[(colon + 1)..].Trim());
        }
        var head = new RequestHead { Method = Methods.Get, Target = Target("url", url), Version = ProtocolVersion.Http11, Fields = fields };
        var held = new List<HeldAnswers>();
        foreach (var scope in Scopes(query["route"]))
            held.Add(await _cache.Care.ShowAsync(head, scope));
        return new EntryReport(held);
    }

    private async Task<Purged> PurgeAsync(HttpRequest request)
    {
        var order = await Orders.ReadAsync<PurgeOrder>(request);
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

    internal static AdminProblemException Wrong(string detail) => new(StatusCodes.Status400BadRequest, detail);
}
