using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.Bench.Peers;

/// <summary>Where a run took place, and with what.</summary>
internal sealed record Machine(string Cpu, int Cores, string Kernel, string Memory, string Runtime, string Commit)
{
    public static async Task<Machine> ReadAsync(string repository)
    {
        var commit = await FirstLineAsync(["git", "-C", repository, "rev-parse", "--short=10", "HEAD"]);
        var changed = await FirstLineAsync(["git", "-C", repository, "status", "--porcelain", "--untracked-files=no"]);
        return new Machine(
            After("/proc/cpuinfo", "model name"), Environment.ProcessorCount, RuntimeInformation.OSDescription,
            After("/proc/meminfo", "MemTotal"), RuntimeInformation.FrameworkDescription,
            commit + (changed.Length > 0 ? " and changes" : ""));
    }

    /// <summary>The first line of what a command prints that holds a digit; empty where there is none.</summary>
    public static async Task<string> FirstLineAsync(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", "PATH=$PATH:/usr/sbin; exec \"$@\" 2>&1", "sh", .. command])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start);
        if (process is null)
            return "";
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Split('\n').FirstOrDefault(line => line.Any(char.IsDigit))?.Trim() ?? "" : "";
    }

    private static string After(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "?";
}
