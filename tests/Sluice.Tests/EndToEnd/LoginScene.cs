using Microsoft.Extensions.Logging;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.EndToEnd;

/// <summary>A forward proxy that asks who it is: anna and ben, whose passwords are their names with <c>-pw</c>.</summary>
internal sealed class LoginScene : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private ILoggerFactory _loggers = null!;
    private int _version;

    private LoginScene()
    {
    }

    public RunningProxy Proxy { get; private set; } = null!;

    public ManualTime Time { get; } = new();

    public LogLines Log { get; } = new();

    public string Passwords => _folder.File("htpasswd");

    public string Configuration => _folder.File("sluice.yaml");

    public string AccessLog => File.ReadAllText(_folder.File("access.log"));

    /// <param name="more">Behind the first listener, and whole sections.</param>
    /// <param name="cost">Of ben's hash.</param>
    public static async Task<LoginScene> StartAsync(string more = "", TimeProvider? time = null, int cost = 4)
    {
        var scene = new LoginScene();
        scene.Write(UserScene.Line("anna"), UserScene.Line("ben", cost: cost));
        await File.WriteAllTextAsync(scene._folder.File("sluice.yaml"), $$"""
            users: { file: htpasswd, realm: Lab, groups: { staff: [anna] } }
            limits: { drain: 1s, connectPorts: [1-65535] }
            logs: { access: { format: json, to: access.log } }
            policies: { p: { default: allow, rules: [{ id: staff-only, deny: true, users: [ben], paths: [/staff/*] }, { id: not-all, deny: true, groups: [staff], paths: [/play/*] }] } }
            listeners:
              - { name: lab, kind: forward, bind: 127.0.0.1:0, login: true, policy: p }
              {{more}}
            """);
        scene._loggers = LoggerFactory.Create(builder => builder.AddProvider(scene.Log));
        scene.Proxy = await RunningProxy.OfSourceAsync(scene._folder.File("sluice.yaml"), time ?? scene.Time, scene._loggers);
        return scene;
    }

    /// <summary>A password file, seen by the proxy when this returns (of manual time).</summary>
    public void Write(params string[] lines)
    {
        File.WriteAllLines(Passwords, lines);
        File.SetLastWriteTimeUtc(Passwords, new DateTime(2026, 1, 1, 0, ++_version, 0, DateTimeKind.Utc));
        Time.Advance(TimeSpan.FromSeconds(3));
    }

    public static string As(string name, string? password = null) => $"Proxy-Authorization: {Policy.Users.Passwords.Basic(name, password ?? $"{name}-pw")}\r\n";

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _loggers.Dispose();
        _folder.Dispose();
    }
}
