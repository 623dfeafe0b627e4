using System.Diagnostics;
using Sluice.Tests.House;

namespace Sluice.Tests.Cli;

/// <summary>The program as a process of its own.</summary>
public class ProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("--version", 0, "0.1.0", "")]
    [InlineData("--help", 0, "sluice demo", "")]
    [InlineData("http --help", 0, "sluice http --listen 127.0.0.1:3128 --block blocked.txt", "")]
    [InlineData("completion bash", 0, "complete -o default -F _sluice sluice", "")]
    [InlineData("[suggest:9] \"sluice ht\"", 0, "http", "")]
    [InlineData("cache --help", 0, "purge", "")]
    [InlineData("cache purge --help", 0, "sluice cache purge --tag article-17", "")]
    [InlineData("[suggest:14] \"sluice cache p\"", 0, "purge", "")]
    [InlineData("http", 1, "", "'--listen' is required")]
    [InlineData("relay", 1, "", "relay")]
    [InlineData("check -c /no/such.yaml", 1, "", "/no/such.yaml: there is no such file")]
    [InlineData("run -c /no/such.yaml", 1, "", "/no/such.yaml: there is no such file")]
    [InlineData("tcp --listen 127.0.0.1:0 --to http://a", 1, "", "--to: 'http://a' is a URL, a tcp listener relays bytes: write host:port, as in a:80")]
    public async Task Call_AnswersAndEndsWithItsCode(string arguments, int code, string output, string error)
    {
        using var program = Start(arguments);
        using var patience = new CancellationTokenSource(Patience);
        var said = program.StandardOutput.ReadToEndAsync(patience.Token);
        var complained = program.StandardError.ReadToEndAsync(patience.Token);
        await program.WaitForExitAsync(patience.Token);
        Assert.Contains(output, await said, StringComparison.Ordinal);
        Assert.Contains(error, await complained, StringComparison.Ordinal);
        Assert.Equal(code, program.ExitCode);
    }

    [Fact]
    public async Task RightFile_IsOkAndListLinesLeftOutAreTold()
    {
        var folder = Directory.CreateTempSubdirectory("sluice-");
        var file = Path.Combine(folder.FullName, "sluice.yaml");
        await File.WriteAllTextAsync(file, "listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]\npolicies: { p: { default: allow, rules: [{ id: r, deny: true, hosts: { file: l } }] } }\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "l"), "ads.example\nnot a host\n", TestContext.Current.CancellationToken);
        using var program = Start($"check -c {file}");
        using var patience = new CancellationTokenSource(Patience);
        var complained = program.StandardError.ReadToEndAsync(patience.Token);
        Assert.Equal($"{file}: ok: 1 listener, 1 policy with 1 rule, 1 list entry; 1 warning\naccess log: readable to standard output\n", await program.StandardOutput.ReadToEndAsync(patience.Token));
        Assert.Contains("/l:2: ", await complained, StringComparison.Ordinal);
        await program.WaitForExitAsync(patience.Token);
        Assert.Equal(0, program.ExitCode);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Terminated_DrainsAndPrintsTotals()
    {
        using var program = Start("http --listen 127.0.0.1:0");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var started = "";
            while (!started.Contains("Ctrl-C", StringComparison.Ordinal))
                started += await program.StandardError.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException(started);
            Assert.Contains("forward proxy", started, StringComparison.Ordinal);
            Assert.Contains("curl -x http://127.0.0.1:", started, StringComparison.Ordinal);
            using var kill = Process.Start("kill", ["-TERM", $"{program.Id}"]);
            Assert.Contains("0 exchanges", await program.StandardError.ReadToEndAsync(patience.Token), StringComparison.Ordinal);
            await program.WaitForExitAsync(patience.Token);
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            if (!program.HasExited)
                program.Kill();
        }
    }

    [Fact]
    public async Task LauncherWithoutTheSdk_SaysHowToGetItInOneLine()
    {
        var tools = Directory.CreateTempSubdirectory("sluice-");
        foreach (var tool in new[] { "dirname", "readlink" })
            File.CreateSymbolicLink(Path.Combine(tools.FullName, tool), $"/usr/bin/{tool}");
        var call = new ProcessStartInfo("/bin/bash", [Path.Combine(Repository.Root, "sluice"), "--version"]) { RedirectStandardError = true };
        call.Environment["PATH"] = tools.FullName;
        using var launcher = Process.Start(call)!;
        using var patience = new CancellationTokenSource(Patience);
        var line = await launcher.StandardError.ReadToEndAsync(patience.Token);
        await launcher.WaitForExitAsync(patience.Token);
        Assert.Matches(@"^[^\n]*\.NET 10 SDK[^\n]*\n$", line);
        Assert.Equal(127, launcher.ExitCode);
        tools.Delete(recursive: true);
    }

    private static Process Start(string arguments) => Process.Start(new ProcessStartInfo("dotnet")
    {
        Arguments = $"\"{Path.Combine(AppContext.BaseDirectory, "sluice.dll")}\" {arguments}",
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
