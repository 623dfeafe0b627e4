using System.Diagnostics;

namespace Sluice.Tests.Kit;

/// <summary>What a real client did.</summary>
public sealed record ClientRun(int ExitCode, string Output, string Errors)
{
    public ClientRun Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Errors}");
        return this;
    }
}

/// <summary>Real programs as clients; where one is absent the test is skipped and says so.</summary>
public static class RealClients
{
    /// <summary>Runs a program with nothing on its standard input. Environment: the proxy variables of the machine are taken out, then <paramref name="environment"/> is set.</summary>
    public static async Task<ClientRun> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan? limit = null, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var path = Find(program);
        Assert.SkipWhen(path is null, $"needs {program}, which ./test installs");
        var start = new ProcessStartInfo(path!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? Path.GetTempPath(),
        };
        foreach (var name in new[] { "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY" })
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var time = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(120));
        try
        {
            await process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end in time\n{await output.Within()}\n{await errors.Within()}");
        }
        return new ClientRun(process.ExitCode, await output.Within(), await errors.Within());
    }

    /// <summary>The page as headless Chromium shows it, its scripts run.</summary>
    public static async Task<string> DumpDomAsync(string proxy, string url)
    {
        using var profile = new TempFolder();
        var run = await RunAsync("chromium",
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
            "--user-data-dir=" + profile.Path, "--proxy-server=" + proxy,
            // Chromium never sends loopback hosts to a proxy unless told so.
            "--proxy-bypass-list=<-loopback>", "--virtual-time-budget=5000", "--dump-dom", url,
        ], TimeSpan.FromSeconds(120));
        return run.Succeeded().Output;
    }

    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/lib/git-core")
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

/// <summary>A folder that is gone after the test.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sluice-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A client that was stopped may still write there.
        }
    }
}
