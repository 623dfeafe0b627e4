using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Sluice.Tests.Kit;

/// <summary>The program as processes of its own; those that still run are killed at the end.</summary>
internal sealed partial class SluiceProcesses : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            // Their folders are deleted next.
            process.WaitForExit(Patience);
            process.Dispose();
        }
    }

    /// <summary>Runs a configuration with a forward listener until it listens.</summary>
    public async Task<(Process Process, IPEndPoint At)> ServeAsync(string yaml, params (string Name, string Value)[] environment)
    {
        var process = Start($"run -c {yaml}", environment);
        var said = "";
        while (!said.Contains("Ctrl-C", StringComparison.Ordinal))
            said += await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(Patience) ?? throw new EndOfStreamException(said);
        return (process, new IPEndPoint(IPAddress.Loopback, PortIn(said)));
    }

    /// <summary>What a command prints that ends well and complains of nothing.</summary>
    public async Task<string> OutputAsync(string arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(string arguments)
    {
        var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).Within(Patience);
        return (process.ExitCode, await output, await error);
    }

    public Process Start(string arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            Arguments = $"\"{Path.Combine(AppContext.BaseDirectory, "sluice.dll")}\" {arguments}",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    /// <summary>Of the forward listener, in what it says at the start.</summary>
    public static int PortIn(string said) => int.Parse(Port().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>Reads what it says on standard error until that is there.</summary>
    public static async Task<string> SaysAsync(Process process, string text)
    {
        var said = "";
        while (!said.Contains(text, StringComparison.Ordinal))
            said += await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(Patience) ?? throw new EndOfStreamException(said);
        return said;
    }

    [GeneratedRegex(@"127\.0\.0\.1:([0-9]+) +forward proxy")]
    private static partial Regex Port();
}
