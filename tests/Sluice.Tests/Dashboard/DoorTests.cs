using System.Text;
using Sluice.Cli.Care;
using Sluice.Dashboard.Access;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard;

/// <summary>Who comes in to the dashboard, and what browsers are kept from, over raw sockets.</summary>
public class DoorTests
{
    [Fact]
    public async Task EveryAnswer_TellsTheBrowserWhatItMayDo()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        foreach (var path in new[] { "/login", "/nowhere", "/assets/sluice.css", "/v1/cache/stats" })
        {
            var response = await scene.GetAsync(path);
            var policy = response["Content-Security-Policy"]!;
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal(("nosniff", "same-origin", "same-origin", "same-origin"),
                (response["X-Content-Type-Options"], response["Cross-Origin-Opener-Policy"], response["Cross-Origin-Resource-Policy"], response["Referrer-Policy"]));
            Assert.Null(response["Server"]);
        }
        Assert.Equal("no-store", (await scene.GetAsync("/login"))["Cache-Control"]);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:1", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.9.9.9:80", 200)]
    [InlineData("[::1]:3129", 200)]
    [InlineData("dash.example", 200)]
    [InlineData("evil.test", 421)]
    [InlineData("dash.example.evil.test", 421)]
    [InlineData("localhost.evil.test", 421)]
    [InlineData("192.0.2.1", 421)]
    [InlineData("", 421)]
    public async Task Host_MustBeOneOfOurs(string host, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var response = await scene.SendAsync($"GET /login HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Equal(status, response.Status);
        // Another name learns nothing, least of all a form's token.
        Assert.Equal(status == 200, response.Text.Contains("name=\"token\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET /login HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n", 400)]
    [InlineData("GET /login HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /login HTTP/1.0\r\n\r\n", 421)]
    [InlineData("GET http://evil.test/login HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET http://evil.test/login HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421)]
    [InlineData("POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 403)]
    public async Task AmbiguousRequest_IsRefused(string request, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        Assert.Equal(status, (await scene.SendAsync(request)).Status);
    }

    [Fact]
    public async Task WithoutALogin_PeopleAreSentToItAndProgramsAreTold()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        foreach (var path in new[] { "/", "/cache", "/traffic?host=a.test", "/v1x", "//assets/sluice.css", "/LOGIN/x", "/seconds" })
        {
            var response = await scene.GetAsync(path);
            Assert.Equal(303, response.Status);
            Assert.StartsWith("/login", response["Location"], StringComparison.Ordinal);
        }
        Assert.Equal("/login?to=%2Ftraffic%3Fhost%3Da.test", (await scene.GetAsync("/traffic?host=a.test"))["Location"]);
        foreach (var path in new[] { "/v1/cache/stats", "/v1/configuration", "/metrics" })
        {
            var response = await scene.SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal((401, "Bearer realm=\"Sluice\"", "application/problem+json"), (response.Status, response["WWW-Authenticate"], response["Content-Type"]));
        }
    }

    [Theory]
    [InlineData("anna", 200)]
    [InlineData("ben", 200)]
    public async Task AdminByNameOrGroup_ComesIn(string name, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var cookie = await scene.LogInAsync(name);
        var page = await scene.GetAsync("/cache", cookie);
        Assert.Equal(status, page.Status);
        Assert.Contains($"<p>{name}</p>", page.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await scene.GetAsync("/v1/cache/stats", cookie)).Status);
    }

    [Theory]
    [InlineData("anna", "wrong", "No such user, or not this password.")]
    [InlineData("nobody", DashboardScene.Password, "No such user, or not this password.")]
    [InlineData("", "", "No such user, or not this password.")]
    [InlineData("an:na", DashboardScene.Password, "No such user, or not this password.")]
    [InlineData("anna\nX-Y: z", "a\r\nb", "No such user, or not this password.")]
    [InlineData("carl", DashboardScene.Password, "The password is right, but this user is no admin of Sluice.")]
    public async Task WhoeverIsNoAdmin_StaysOutside(string name, string password, string said)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var response = await scene.TryLogInAsync(name, password);
        Assert.Equal((403, false), (response.Status, response.Head.Has("Set-Cookie")));
        Assert.Contains(said, response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_IsLimited()
    {
        // Time stands still: as it passes, guesses become free again.
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin, time: new ManualTime());
        for (var i = 0; i < 5; i++)
            Assert.Equal(403, (await scene.TryLogInAsync("anna", $"guess {i}")).Status);
        // Not even the right one is found now.
        var response = await scene.TryLogInAsync("anna", DashboardScene.Password);
        Assert.Equal((429, true), (response.Status, response.Head.Has("Retry-After")));
    }

    [Fact]
    public async Task Cookie_IsForTheBrowserAloneAndSecureWhereItSpeaksHttps()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var plain = (await scene.TryLogInAsync("anna", DashboardScene.Password))["Set-Cookie"]!;
        Assert.Equal($"sluice-{scene.EndPoint.Port}", plain.Split('=')[0]);
        Assert.Equal(["path=/", "samesite=strict", "httponly"], plain.Split("; ")[1..]);
        var secure = (await scene.TryLogInAsync("anna", DashboardScene.Password, $"Origin: https://{scene.EndPoint}"))["Set-Cookie"]!;
        Assert.StartsWith("__Host-", secure, StringComparison.Ordinal);
        Assert.Equal(["path=/", "secure", "samesite=strict", "httponly"], secure.Split("; ")[1..]);
        Assert.Equal(200, (await scene.GetAsync("/cache", $"Cookie: {secure.Split(';')[0]}")).Status);
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("/\r\nX: y")]
    [InlineData("javascript:alert(1)")]
    public async Task Login_LeadsNowhereElse(string to)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var form = $"token={await scene.FormTokenAsync("/login")}&name=anna&password={Uri.EscapeDataString(DashboardScene.Password)}&to={Uri.EscapeDataString(to)}";
        var response = await scene.PostAsync("/login", form);
        Assert.Equal((303, "/"), (response.Status, response["Location"]));
    }

    [Fact]
    public async Task Session_EndsByLogoutAndItsNameIsWorthNothingThen()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var cookie = await scene.LogInAsync();
        var response = await scene.PostAsync("/logout", $"token={await scene.FormTokenAsync("/cache", cookie)}", cookie);
        Assert.Equal((303, "/login"), (response.Status, response["Location"]));
        Assert.Equal(303, (await scene.GetAsync("/cache", cookie)).Status);
    }

    [Fact]
    public async Task Session_EndsUnusedAndInAnyCase()
    {
        var time = new ManualTime();
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin, time: time);
        var cookie = await scene.LogInAsync();
        time.Advance(Sessions.MostUnused - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await scene.GetAsync("/cache", cookie)).Status);
        time.Advance(Sessions.MostUnused);
        Assert.Equal(303, (await scene.GetAsync("/cache", cookie)).Status);

        cookie = await scene.LogInAsync();
        for (var used = TimeSpan.Zero; used < Sessions.Longest; used += TimeSpan.FromHours(1))
        {
            Assert.Equal(200, (await scene.GetAsync("/cache", cookie)).Status);
            time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(303, (await scene.GetAsync("/cache", cookie)).Status);
    }

    [Fact]
    public async Task Session_EndsWithThePasswordAndWithThePlaceAmongTheAdmins()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var (anna, ben) = (await scene.LogInAsync(), await scene.LogInAsync("ben"));
        scene.Write("sluice.yaml", (await File.ReadAllTextAsync(scene.File("sluice.yaml"), TestContext.Current.CancellationToken)).Replace("\"@staff\"", "carl", StringComparison.Ordinal));
        Assert.False((await scene.Proxy.ReloadAsync()).IsRefused);
        Assert.Equal((200, 303), ((await scene.GetAsync("/cache", anna)).Status, (await scene.GetAsync("/cache", ben)).Status));
        scene.Write("htpasswd", $"anna:{Policy.Users.Passwords.Empty}\nben:{Policy.Users.Passwords.Empty}\ncarl:{Policy.Users.Passwords.Empty}\n");
        await scene.Proxy.ReloadAsync();
        Assert.Equal(303, (await scene.GetAsync("/cache", anna)).Status);
    }

    [Theory]
    [InlineData("Cookie: sluice-PORT=")]
    [InlineData("Cookie: sluice-PORT=0")]
    [InlineData("Cookie: sluice-PORT=../../etc/passwd; __Host-sluice-PORT=x")]
    [InlineData("Authorization: Bearer ")]
    [InlineData("Authorization: Bearer 0123456789abcdefghijklmnopqrstuvwxyz+/AC")]
    [InlineData("Authorization: Basic YW5uYTpvcGVuIHNlc2FtZQ==")]
    [InlineData("X-Forwarded-For: 127.0.0.1")]
    public async Task MadeUpProof_IsNone(string field)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var port = scene.EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(401, (await scene.SendAsync($"GET /v1/cache/stats HTTP/1.1\r\nHost: localhost\r\n{field.Replace("PORT", port, StringComparison.Ordinal)}\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Token_LetsScriptsDoAllAndIsReadAgain()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        Assert.Equal(200, (await AskAsync(DashboardScene.Token)).Status);
        Assert.Equal(200, (await scene.SendAsync($"POST /v1/configuration/reload HTTP/1.1\r\nHost: dash.example\r\nAuthorization: Bearer {DashboardScene.Token}\r\nContent-Length: 0\r\n\r\n")).Status);
        var other = new string('z', 40);
        scene.Write("token", other);
        File.SetLastWriteTimeUtc(scene.File("token"), DateTime.UnixEpoch);
        Assert.Equal((401, 200), ((await AskAsync(DashboardScene.Token)).Status, (await AskAsync(other)).Status));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(scene.File("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            File.SetLastWriteTimeUtc(scene.File("token"), DateTime.UnixEpoch.AddDays(1));
            Assert.Equal(401, (await AskAsync(other)).Status);
        }

        Task<RawResponse> AskAsync(string token) => scene.SendAsync($"GET /v1/cache/stats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    }

    [Theory]
    [InlineData("", 403)] // neither says where it comes from
    [InlineData("Sec-Fetch-Site: cross-site\r\n", 403)]
    [InlineData("Sec-Fetch-Site: same-site\r\n", 403)]
    [InlineData("Sec-Fetch-Site: none\r\n", 403)]
    [InlineData("Origin: null\r\n", 403)]
    [InlineData("Origin: http://evil.test\r\n", 403)]
    [InlineData("Origin: http://HOST.evil.test\r\n", 403)]
    [InlineData("Origin: http://127.0.0.1:1\r\n", 403)]
    [InlineData("Origin: http://HOST, http://evil.test\r\n", 403)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.test\r\n", 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\nOrigin: http://HOST\r\n", 403)]
    [InlineData("Sec-Fetch-Site: same-origin\r\n", 200)]
    [InlineData("Origin: http://HOST\r\n", 200)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://HOST\r\n", 200)]
    public async Task WhatChangesSomething_MustComeFromOurOwnPages(string fields, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var (cookie, generation) = (await scene.LogInAsync(), scene.Proxy.State.Generation);
        var proof = fields.Replace("HOST", $"{scene.EndPoint}", StringComparison.Ordinal);
        var response = await scene.SendAsync($"POST /v1/configuration/reload HTTP/1.1\r\nHost: {scene.EndPoint}\r\n{cookie}\r\n{proof}Content-Length: 0\r\n\r\n");
        Assert.Equal((status, status == 200 ? generation + 1 : generation), (response.Status, scene.Proxy.State.Generation));
    }

    [Theory]
    [InlineData(DashboardScene.WithLogin)]
    [InlineData(DashboardScene.Open)]
    public async Task Form_MustBringBackItsToken(string dashboard)
    {
        await using var scene = await DashboardScene.StartAsync(dashboard);
        string[] cookie = dashboard == DashboardScene.Open ? [] : [await scene.LogInAsync()];
        string[] others = dashboard == DashboardScene.Open ? [] : [$"token={await scene.FormTokenAsync("/configuration", await scene.LogInAsync("ben"))}"];
        string[] wrong = ["", "token=", "token=x", "Token=x", .. others];
        foreach (var form in wrong)
            Assert.Equal(403, (await scene.PostAsync("/configuration/reload", form, cookie)).Status);
        Assert.Equal(1, scene.Proxy.State.Generation);
        Assert.Equal(303, (await scene.PostAsync("/configuration/reload", $"token={await scene.FormTokenAsync("/configuration", cookie)}", cookie)).Status);
        Assert.Equal(2, scene.Proxy.State.Generation);
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("application/json", 415)]
    public async Task FormOfAnotherKind_IsRefused(string type, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.Open);
        var body = $"token={await scene.FormTokenAsync("/configuration")}";
        var response = await scene.SendAsync($"POST /configuration/reload HTTP/1.1\r\nHost: {scene.EndPoint}\r\nOrigin: {scene.Url}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.Equal((status, 1), (response.Status, scene.Proxy.State.Generation));
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors", 403)]
    [InlineData("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors", 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate", 200)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors", 200)]
    [InlineData("Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate", 200)]
    public async Task PagesElsewhere_TakeNothing(string fields, int status)
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.Open);
        Assert.Equal(status, (await scene.GetAsync("/cache", fields)).Status);
    }

    [Fact]
    public async Task MethodsThatChange_ArePostAlone()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.Open);
        var token = await scene.FormTokenAsync("/configuration");
        Assert.Equal(405, (await scene.GetAsync($"/configuration/reload?token={token}")).Status);
        foreach (var method in new[] { "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS" })
            Assert.Equal(403, (await scene.SendAsync($"{method} /configuration/reload HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
        Assert.Equal(1, scene.Proxy.State.Generation);
    }

    [Fact]
    public async Task LargeForm_IsRefused()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        await using var client = await RawConnection.OpenAsync(scene.EndPoint);
        await client.SendAsync($"POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n");
        Assert.Equal(413, RawResponse.StatusOf(await client.ReadHeadAsync()));
    }

    [Fact]
    public async Task ManyFields_AreRefused()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        var form = new StringBuilder("a=1");
        for (var i = 0; i < 3000; i++)
            form.Append("&a=1");
        Assert.Equal(400, (await scene.PostAsync("/login", form.ToString())).Status);
    }

    [Fact]
    public async Task OnLoopbackWithoutAdmins_NobodyLogsIn()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.Open);
        Assert.Equal(200, (await scene.GetAsync("/cache")).Status);
        Assert.Equal((303, "/"), ((await scene.GetAsync("/login")).Status, (await scene.GetAsync("/login"))["Location"]));
        Assert.DoesNotContain("/logout", (await scene.GetAsync("/cache")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DashboardScene.Open, null)]
    [InlineData(DashboardScene.WithLogin, "token")]
    public async Task Commands_MayActThere(string dashboard, string? token)
    {
        await using var scene = await DashboardScene.StartAsync(dashboard);
        using var client = new AdminClient(AdminPlace.Of(scene.Url, token is null ? null : scene.File(token), out _)!);
        var answer = await client.PostAsync<object?>("/v1/configuration/reload", null, TestContext.Current.CancellationToken);
        Assert.Equal((null, 2), (answer.Problem, scene.Proxy.State.Generation));
    }

    [Fact]
    public async Task Errors_ArePagesForPeopleAndProblemsForPrograms()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.Open);
        var page = await scene.GetAsync("/%3Cscript%3Ealert(1)%3C/script%3E");
        Assert.Equal((404, "text/html; charset=utf-8"), (page.Status, page["Content-Type"]));
        Assert.DoesNotContain("<script>alert", page.Text, StringComparison.Ordinal);
        var problem = await scene.SendAsync("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
        Assert.Equal((404, "application/problem+json"), (problem.Status, problem["Content-Type"]));
    }
}
