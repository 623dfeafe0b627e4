using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Spectre.Console;

namespace Sluice.Cli.Demo;

/// <summary>
/// The whole proxy at work in one process, over real sockets, with every answer checked:
/// <code>
/// two clients ──► tcp listener ──────► a server that capitalizes
/// HTTP client ──► forward listener ──► an origin with a text, an image, a large file and a secret
/// </code>
/// </summary>
internal static class DemoRun
{
    private const int Stopped = 130; // as a shell names what SIGINT ended

    /// <returns>The exit code: 0, 1 where anything was wrong, 130 where it was stopped.</returns>
    /// <param name="requests">Of each of the two relay clients; at least 1.</param>
    /// <param name="stop">Ends it early; everything is closed and removed then too.</param>
    public static async Task<int> RunAsync(int requests, CancellationToken stop)
    {
        try
        {
            var report = await RunAsync(requests, AnsiConsole.Console, TimeProvider.System, stop);
            return report.Mistakes == 0 ? 0 : 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            AnsiConsole.Console.WriteLine("stopped");
            return Stopped;
        }
    }

    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal static async Task<DemoReport> RunAsync(int requests, IAnsiConsole console, TimeProvider time, CancellationToken stop)
    {
        var report = new DemoReport();
        var files = Directory.CreateTempSubdirectory("sluice-demo-");
        try
        {
            await RunAsync(requests, new DemoFiles(files.FullName), report, console, time, stop);
        }
        finally
        {
            files.Delete(recursive: true);
        }
        report.Write(console);
        return report;
    }

    private static async Task RunAsync(
        int requests, DemoFiles files, DemoReport report, IAnsiConsole console, TimeProvider time, CancellationToken stop)
    {
        Document[] documents = [Document.Text(), Document.Image(), Document.Large()];
        var secret = Document.Secret();
        await File.WriteAllTextAsync(files.BlockList, $"{secret.Path}   # one path on every host\n", stop);
        await using var server = new CapitalizingServer();
        await using var origin = new DemoOrigin([.. documents, secret], time);
        var relayTrial = new RelayTrial(requests, report, new PhaseProgress(console, time), time);
        var httpTrial = new HttpTrial(report, console, time);

        await using (var proxy = await Proxy.StartAsync(Configure(server.EndPoint, files), NullLoggerFactory.Instance, time))
        {
            console.Say($"1. Two clients at once, each with {DemoReport.Number(requests)} requests, through the relay {proxy.EndPoints[0]} to the capitalizing server {server.EndPoint}");
            await relayTrial.RunAsync(proxy.EndPoints[0], server.EndPoint, stop);
            console.Say($"2. A text, an image and a large file, each twice, and a censored file, through the HTTP proxy {proxy.EndPoints[1]} from the origin {origin.EndPoint}");
            await httpTrial.RunAsync(proxy.EndPoints[1], origin, documents, secret, stop);
        }
        // The proxy has ended, so its log is whole.
        console.Say("3. The access log");
        var lines = File.Exists(files.AccessLog) ? await File.ReadAllLinesAsync(files.AccessLog, stop) : [];
        foreach (var line in lines)
            console.Say($"   {line}");
        var job = report.Begin("access log lines");
        job.Count = lines.Length;
        foreach (var mistake in LogCheck.Mistakes(lines, [
            .. relayTrial.RelayedBytes.Select(bytes => new ExpectedLine("RELAY", 0, bytes, $"to {server.EndPoint}")),
            .. httpTrial.Expected]))
            job.Wrong(mistake);
    }

    private static Configuration Configure(IPEndPoint server, DemoFiles files) => new()
    {
        Listeners = [
            new ListenerOptions
            {
                Name = "relay", Kind = ListenerKind.Tcp, Bind = new IPEndPoint(IPAddress.Loopback, 0),
                To = new HostPort(server.Address.ToString(), server.Port),
            },
            new ListenerOptions
            {
                Name = "proxy", Kind = ListenerKind.Forward, Bind = new IPEndPoint(IPAddress.Loopback, 0), Policy = "demo",
            }],
        Policies = [
            new PolicyOptions
            {
                Name = "demo", DefaultAllows = true,
                Rules = [new RuleOptions { Id = "secrets", Action = RuleAction.Deny, HostsFile = files.BlockList }],
            }],
        Cache = new CacheOptions { MaxEntryBytes = 64 << 20 },
        Log = new LogOptions { Access = [new LogOutputOptions { File = files.AccessLog }] },
        Limits = new LimitOptions { Drain = TimeSpan.FromSeconds(1) },
    };

    /// <summary>The demo's files in their directory.</summary>
    private sealed record DemoFiles(string Directory)
    {
        public string BlockList => Path.Combine(Directory, "blocked.txt");

        public string AccessLog => Path.Combine(Directory, "access.log");
    }
}
