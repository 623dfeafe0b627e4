using System.Net.Http.Json;
using System.Text.Json;

namespace Sluice.Cli.Care;

/// <summary>What the admin API answered.</summary>
/// <param name="Problem">The sentence of its problem+json; null: it did as asked.</param>
/// <param name="IsOurFault">A status of 4xx.</param>
internal readonly record struct AdminAnswer(JsonElement Body, string? Problem, bool IsOurFault);

/// <summary>HTTP to the admin API.</summary>
internal sealed class AdminClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    public AdminClient(string socket) : this(AdminPlace.Of(socket))
    {
    }

    public AdminClient(AdminPlace place)
    {
        Place = place;
        _http = place.Open();
        _http.Timeout = Patience;
    }

    public AdminPlace Place { get; }

    /// <summary>A path with those of the parameters that have a value.</summary>
    public static string Path(string path, params (string Name, string? Value)[] parameters)
    {
        var query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    public async Task<AdminAnswer> GetAsync(string path, CancellationToken stop) => await ReadAsync(await _http.GetAsync(path, stop), stop);

    public async Task<AdminAnswer> PostAsync<T>(string path, T body, CancellationToken stop) => await ReadAsync(await _http.PostAsJsonAsync(path, body, stop), stop);

    /// <summary>An answer that is read while it comes, or why there is none.</summary>
    public Task<(Stream? Answer, AdminAnswer? Problem)> FollowAsync(string path, CancellationToken stop) => StreamAsync(new HttpRequestMessage(HttpMethod.Get, path), stop);

    /// <summary>The same of a POST.</summary>
    public Task<(Stream? Answer, AdminAnswer? Problem)> StreamAsync<T>(string path, T body, CancellationToken stop) =>
        StreamAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, stop);

    public void Dispose() => _http.Dispose();

    private async Task<(Stream? Answer, AdminAnswer? Problem)> StreamAsync(HttpRequestMessage request, CancellationToken stop)
    {
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        return response.IsSuccessStatusCode ? (await response.Content.ReadAsStreamAsync(stop), null) : (null, await ReadAsync(response, stop));
    }

    private static async Task<AdminAnswer> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        using (response)
        {
            var body = await response.Content.ReadFromJsonAsync<JsonElement>(stop);
            return response.IsSuccessStatusCode
                ? new AdminAnswer(body, null, false)
                : new AdminAnswer(body, body.TryGetProperty("detail", out var detail) ? detail.GetString() : $"status {(int)response.StatusCode}", (int)response.StatusCode < 500);
        }
    }
}
