using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard;

/// <summary>Bodies of requests, read strictly: a member that is not known, or is there twice, is an error.</summary>
internal static class Orders
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, PropertyNameCaseInsensitive = false,
    };

    /// <returns>Null where the body says null.</returns>
    /// <exception cref="AdminProblemException">It is no JSON of this shape, or the request has parameters.</exception>
    public static async Task<T?> ReadAsync<T>(HttpRequest request) where T : class
    {
        _ = new Query(request.Query, []);
        if (!request.HasJsonContentType())
            throw new AdminProblemException(StatusCodes.Status415UnsupportedMediaType, "the body is to be application/json");
        try
        {
            // Whole first: a body that is given up in the middle of it is one that Kestrel cannot finish.
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
            return JsonSerializer.Deserialize<T>(body.GetBuffer().AsSpan(0, (int)body.Length), Strict);
        }
        catch (JsonException e)
        {
            throw CacheEndpoints.Wrong(e.Message);
        }
    }
}
