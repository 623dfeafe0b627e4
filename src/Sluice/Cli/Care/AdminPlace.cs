using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Sluice.Cli.Care;

/// <summary>Where the admin API is: a Unix socket, or the dashboard's listener.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Base">What paths are relative to.</param>
/// <param name="Token">Sent as <c>Authorization: Bearer</c> (RFC 6750); null: none is.</param>
/// <param name="Socket">The path of the socket; null: none, it is asked for by TCP.</param>
internal sealed record AdminPlace(string Name, Uri Base, string? Token, string? Socket)
{
    public static AdminPlace Of(string socket) => new(socket, new Uri("http://localhost"), null, socket);

    /// <summary>Null: it is wrong, <paramref name="problem"/> says how.</summary>
    public static AdminPlace? Of(string url, string? tokenFile, out string? problem)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var place) || place.Scheme is not ("http" or "https") || place.UserInfo.Length > 0 || place.PathAndQuery is not "/")
            problem = $"--url: '{url}' is not a place, write for example http://127.0.0.1:3129";
        else if (place.Scheme == "http" && !IsLoopback(place))
            problem = $"--url: '{url}' leaves this machine in the clear, and the token with it: use https, or a tunnel such as ssh -L";
        else
            problem = null;
        string? token = null;
        if (problem is null && tokenFile is not null)
            problem = ReadToken(tokenFile, out token);
        return problem is null ? new AdminPlace(url, place!, token, null) : null;
    }

    public HttpClient Open()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (Socket is { } path)
            handler.ConnectCallback = (_, stop) => ConnectAsync(path, stop);
        var http = new HttpClient(handler) { BaseAddress = Base };
        if (Token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        else if (Socket is null)
            // Where nobody logs in the dashboard wants to know that no page elsewhere asks.
            http.DefaultRequestHeaders.Add("Origin", Base.GetLeftPart(UriPartial.Authority));
        return http;
    }

    private static bool IsLoopback(Uri place) => place.IdnHost == "localhost" || (IPAddress.TryParse(place.IdnHost, out var address) && IPAddress.IsLoopback(address));

    private static string? ReadToken(string file, out string? token)
    {
        token = null;
        try
        {
            token = File.ReadAllText(file).Trim();
            return token.Length > 0 && !token.AsSpan().ContainsAnyExceptInRange('!', '~') ? null : $"--token-file: {file} holds no token: one line of printable characters";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--token-file: {e.Message}";
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
