using System.Net;
using System.Text.RegularExpressions;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.Kit;

/// <summary>The product with a dashboard, by its own configuration file, and what people and scripts send to it, octet by octet.</summary>
public sealed partial class DashboardScene : IAsyncDisposable
{
    public const string Password = "open sesame";

    /// <summary>Of the file <c>token</c>.</summary>
    public const string Token = "0123456789abcdefghijklmnopqrstuvwxyz+/AB";

    /// <summary>anna is an admin by name, ben by his group; carl is a user and no admin.</summary>
    public const string WithLogin = "dashboard: { bind: 127.0.0.1:0, admins: [anna, \"@staff\"], names: [dash.example], token: token }\nusers: { file: htpasswd, groups: { staff: [ben] } }\n";

    public const string Open = "dashboard: { bind: 127.0.0.1:0 }\n";

    private readonly TempFolder _folder = new();

    private DashboardScene()
    {
    }

    public RunningProxy Proxy { get; private set; } = null!;

    public IPEndPoint EndPoint => Proxy.DashboardEndPoint;

    public string Url => $"http://{EndPoint}";

    /// <param name="dashboard">Section <c>dashboard</c>, and <c>users</c> maybe.</param>
    /// <param name="rest">Other sections; with listeners.</param>
    public static async Task<DashboardScene> StartAsync(string dashboard, string rest = "listeners: [{ name: main, kind: forward, bind: 127.0.0.1:0 }]\n", TimeProvider? time = null, params (string Name, string Text)[] files)
    {
        var scene = new DashboardScene();
        foreach (var (name, text) in files)
            scene.Write(name, text);
        scene.Write("htpasswd", $"anna:{Passwords.OpenSesame}\nben:{Passwords.OpenSesame}\ncarl:{Passwords.OpenSesame}\n");
        scene.Write("token", Token + "\n");
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(scene.File("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        scene.Write("sluice.yaml", $"{rest}{dashboard}{(rest.Contains("logs:", StringComparison.Ordinal) ? "" : "logs: { access: off }\n")}");
        scene.Proxy = await RunningProxy.OfSourceAsync(scene.File("sluice.yaml"), time);
        return scene;
    }

    public string File(string name) => _folder.File(name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);

    /// <summary>One request as it stands, on a connection of its own.</summary>
    public async Task<RawResponse> SendAsync(string request)
    {
        await using var client = await RawConnection.OpenAsync(EndPoint);
        await client.SendAsync(request);
        return await client.ReadResponseAsync(request.Split(' ')[0]);
    }

    public Task<RawResponse> GetAsync(string path, params string[] fields) =>
        SendAsync($"GET {path} HTTP/1.1\r\nHost: {EndPoint}\r\nAccept: text/html\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");

    /// <summary>A form as a browser sends it from one of our pages, unless the fields say otherwise.</summary>
    public Task<RawResponse> PostAsync(string path, string form, params string[] fields)
    {
        var proof = fields.Any(field => field.StartsWith("Origin:", StringComparison.Ordinal) || field.StartsWith("Sec-Fetch-Site:", StringComparison.Ordinal)) ? "" : $"Origin: {Url}\r\n";
        return SendAsync($"POST {path} HTTP/1.1\r\nHost: {EndPoint}\r\nAccept: text/html\r\n{proof}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length}\r\n"
            + $"{string.Concat(fields.Select(field => field + "\r\n"))}\r\n{form}");
    }

    /// <summary>The token of the first form of a page, escaped for a form.</summary>
    public async Task<string> FormTokenAsync(string page, params string[] fields)
    {
        var response = await GetAsync(page, fields);
        var token = FormToken().Match(response.Text);
        Assert.True(token.Success, response.Text);
        return Uri.EscapeDataString(token.Groups[1].Value);
    }

    public async Task<RawResponse> TryLogInAsync(string name, string password, params string[] fields) =>
        await PostAsync("/login", $"token={await FormTokenAsync("/login")}&name={Uri.EscapeDataString(name)}&password={Uri.EscapeDataString(password)}&to=%2Fcache", fields);

    /// <summary>The field Cookie of a session.</summary>
    public async Task<string> LogInAsync(string name = "anna")
    {
        var response = await TryLogInAsync(name, Password);
        Assert.Equal((303, "/cache"), (response.Status, response["Location"]));
        return $"Cookie: {response["Set-Cookie"]!.Split(';')[0]}";
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _folder.Dispose();
    }

    [GeneratedRegex("name=\"token\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
