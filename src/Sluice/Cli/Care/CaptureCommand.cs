using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Records;

namespace Sluice.Cli.Care;

/// <summary><c>sluice capture</c>: writes down what passes through a running proxy.</summary>
internal static class CaptureCommand
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(CaptureOrder.MaxSeconds);

    public static Command Command(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var to = new Option<string>("--out") { HelpName = "FILE", Description = "Where it is written (0600); - is standard output, for a pipe.", Required = true };
        var filters = new Option<string[]>("--filter")
        {
            HelpName = "NAME=VALUE", Description = "Only what fits: host, client, user, listener, kind, method, url, verdict or rule. May be given several times: all must hold.",
        };
        filters.CompletionSources.Add([.. RecordFilter.Names.Where(name => name is not ("since" or "until" or "status" or "cache" or "error")).Select(name => $"{name}=")]);
        var span = new Option<string?>("--for") { HelpName = "TIME", Description = "Ends after so long, as in 60s; else with Ctrl-C." };
        var size = new Option<string?>("--size") { HelpName = "SIZE", Description = "Ends before the file is larger, as in 64MiB." };
        var command = connection.AddTo(new Command("capture",
            "Writes what passes through a running proxy as pcapng, which Wireshark and tshark open: both sides of exchanges, tunnels and relays that begin from now on. "
            + "Passwords, cookies and bodies are in it as they passed."), printsJson: false);
        foreach (var option in new Option[] { to, filters, span, size })
            command.Add(option);
        examples.Add(command, "sluice capture --out f.pcapng --filter host=.example.com --filter client=10.0.0.0/8 --for 60s --size 64MiB",
            "sluice capture --out - | tshark -r -", "sluice capture --out - --filter listener=office | wireshark -k -i -");
        command.SetAction(async (parsed, _) =>
        {
            var error = Streams.Of(parsed).Error;
            var (order, wrong) = OrderOf(parsed.GetValue(filters) ?? [], parsed.GetValue(span), parsed.GetValue(size));
            if (wrong is not null)
            {
                await error.WriteLineAsync($"sluice: {wrong}");
                return CommandTree.Wrong;
            }
            using var stop = new CancellationTokenSource();
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            return await connection.UseAsync(parsed, client => CaptureAsync(client, order!, parsed.GetRequiredValue(to), error, stop.Token));

            void End(PosixSignalContext signal)
            {
                signal.Cancel = !stop.IsCancellationRequested;
                stop.Cancel();
            }
        });
        return command;
    }

    private static (CaptureOrder? Order, string? Wrong) OrderOf(string[] filters, string? span, string? size)
    {
        var (conditions, seconds, bytes) = (new Dictionary<string, string>(), default(TimeSpan), 0L);
        foreach (var filter in filters)
        {
            var equals = filter.IndexOf('=');
            if (equals <= 0)
                return (null, $"--filter: '{filter}' is not a condition, write for example host=.example.com");
            if (!conditions.TryAdd(filter[..equals], filter[(equals + 1)..]))
                return (null, $"--filter: '{filter[..equals]}' is there more than once");
        }
        if (span is not null && Values.Duration(span, out seconds) is { } wrongSpan)
            return (null, $"--for: '{span}' {wrongSpan}");
        if (span is not null && (seconds < TimeSpan.FromSeconds(1) || seconds > Longest))
            return (null, $"--for: '{span}' is not from 1s to {Longest.TotalDays}d");
        if (size is not null && Values.Size(size, out bytes) is { } wrongSize)
            return (null, $"--size: '{size}' {wrongSize}");
        return (new CaptureOrder(conditions, span is null ? null : (int)seconds.TotalSeconds, size is null ? null : bytes), null);
    }

    private static async Task<int> CaptureAsync(AdminClient client, CaptureOrder order, string path, TextWriter error, CancellationToken stop)
    {
        var (stream, problem) = await client.StreamAsync("/v1/capture", order, stop);
        if (problem is { } answer)
            return ConnectionOptions.Complain(answer, error);
        await using var from = stream!;
        Stream to;
        try
        {
            to = path == "-" ? StandardOutput() : Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"sluice: {path}: {e.Message}");
            return CommandTree.Failed;
        }
        await using (to)
        {
            var copy = new CaptureCopy(from, to);
            var (code, why) = (CommandTree.Ok, (string?)null);
            try
            {
                await copy.RunAsync(() => error.WriteLine($"capturing{(path == "-" ? "" : $" to {path}")}, Ctrl-C ends it"), stop);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                // Who reads the pipe has seen enough.
                if (path != "-" || e is InvalidDataException)
                    (code, why) = (CommandTree.Failed, e.Message);
            }
            if (why is not null)
                await error.WriteLineAsync($"sluice: {path}: {why}");
            await error.WriteLineAsync($"{copy.Exchanges} exchanges, {copy.Packets} packets, {copy.Bytes} octets; {(copy.Lost == 0 ? "none lost" : $"{copy.Lost} packets were lost: they came faster than they could be written")}");
            return code;
        }
    }

    // The console's own stream does not tell that nobody reads it any more.
    private static Stream StandardOutput() =>
        OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read };
        if (OperatingSystem.IsWindows())
            return new FileStream(path, options);
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        // One that was there keeps its mode else; a pipe is somebody else's.
        if (file.CanSeek)
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
