using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Sluice.Dashboard.Pages;

/// <summary>The files that pages are made of besides their HTML: all are in this program. A page names each with a digest of what is in it, so that it may be kept for good.</summary>
internal static class Assets
{
    private const string Prefix = "assets/";

    private static readonly FrozenDictionary<string, Asset> All = typeof(Assets).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Asset.Read);

    /// <exception cref="KeyNotFoundException">There is no such file: a bug.</exception>
    public static string Url(string name) => $"/{Prefix}{name}?v={All[name].Version}";

    public static void Map(IEndpointRouteBuilder app) => app.MapMethods("/assets/{name}", [HttpMethods.Get, HttpMethods.Head], (string name, HttpContext context) =>
    {
        if (!All.TryGetValue(name, out var asset))
            return Results.NotFound();
        // Modules name each other without a digest: these are asked for again, and not sent again.
        context.Response.Headers.CacheControl = context.Request.Query["v"] == asset.Version ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(asset.Content, asset.Type, entityTag: new EntityTagHeaderValue($"\"{asset.Version}\""));
    });

    private sealed record Asset(byte[] Content, string Type, string Version)
    {
        public static Asset Read(string resource)
        {
            using var stream = typeof(Assets).Assembly.GetManifestResourceStream(resource)!;
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return new Asset(content.ToArray(), TypeOf(resource), Convert.ToHexStringLower(SHA256.HashData(content.ToArray()).AsSpan(0, 6)));
        }

        private static string TypeOf(string name) => Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
    }
}
