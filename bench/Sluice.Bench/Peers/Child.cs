using System.Diagnostics;
using System.Globalization;

namespace Sluice.Bench.Peers;

/// <summary>One program started in the foreground, its output in a file; stopped with all its descendants, by process id.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    private readonly Process _process;
    private readonly string _output;

    /// <exception cref="IOException">The shell could not be started.</exception>
    public Child(IReadOnlyList<string> command, string output, bool counted = true)
    {
        _output = output;
        Counted = counted;
        // The shell only redirects: exec keeps the process id.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "PATH=$PATH:/usr/sbin; o=$1; shift; exec \"$@\" </dev/null >\"$o\" 2>&1", "sh", output, .. command])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new IOException($"cannot start {command[0]}");
    }

    /// <summary>Whether its CPU and memory are the peer's.</summary>
    public bool Counted { get; }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>The last lines it wrote, for a message.</summary>
    public string Tail() => File.Exists(_output) ? string.Join(" | ", File.ReadLines(_output).TakeLast(6)) : "";

    public async ValueTask DisposeAsync()
    {
        var tree = ProcessFigures.Tree(Id);
        await SignalAsync("TERM", [Id]);
        using var timeout = new CancellationTokenSource(Grace);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // The kill below is for it.
        }
        await SignalAsync("KILL", tree.Where(pid => Path.Exists($"/proc/{pid}")));
        _process.Dispose();
    }

    private static async Task SignalAsync(string signal, IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            var start = new ProcessStartInfo("/bin/sh");
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {pid} 2>/dev/null"));
            using var kill = Process.Start(start);
            if (kill is not null)
                await kill.WaitForExitAsync();
        }
    }
}
