using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Sluice.Cli.Care;

/// <summary>What the admin API answered.</summary>
/// <param name="Problem">The sentence of its problem+json; null: it did as asked.</param>
/// <param name="IsOurFault">A status of 4xx.</param>
internal readonly record struct AdminAnswer(JsonElement Body, string? Problem, bool IsOurFault);

/// <summary>HTTP over the admin socket.</summary>
internal sealed class AdminClient(string socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectCallback = (_, stop) => ConnectAsync(socket, stop), UseProxy = false })
    {
        BaseAddress = new Uri("http://localhost"), Timeout = Patience,
    };

    /// <summary>A path with those of the parameters that have a value.</summary>
    public static string Path(string path, params (string Name, string? Value)[] parameters)
    {
        var query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    public async Task<AdminAnswer> GetAsync(string path, CancellationToken stop) => await ReadAsync(await _http.GetAsync(path, stop), stop);

    public async Task<AdminAnswer> PostAsync<T>(string path, T body, CancellationToken stop) => await ReadAsync(await _http.PostAsJsonAsync(path, body, stop), stop);

    /// <summary>An answer that is read while it comes, or why there is none.</summary>
    public async Task<(Stream? Answer, AdminAnswer? Problem)> StreamAsync<T>(string path, T body, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        return response.IsSuccessStatusCode ? (await response.Content.ReadAsStreamAsync(stop), null) : (null, await ReadAsync(response, stop));
    }

    public void Dispose() => _http.Dispose();

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

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken stop)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
