using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Dashboard;

namespace Sluice.Cli;

/// <summary>From a loaded configuration to the end of the process. Standard output is the access log's alone; what else
/// there is to say goes to standard error.</summary>
internal static class Serving
{
    public static async Task<int> RunAsync(ConfigurationSource source)
    {
        var loaded = source.Read(tryPorts: true);
        if (loaded.Configuration is not { } configuration)
            return Report(loaded.Problems);
        using var loggers = LoggerFactory.Create(builder => builder
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            .Services.Configure<ConsoleLoggerOptions>(
                console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        try
        {
            return await ServeAsync(configuration, source, loggers);
        }
        catch (Exception e) when (e is AddressInUseException or SocketException)
        {
            await Console.Error.WriteLineAsync($"sluice: cannot listen: {e.Message}");
            return CommandTree.Failed;
        }
        catch (DiskCacheException e)
        {
            await Console.Error.WriteLineAsync($"sluice: no disk cache: {e.Message}");
            return CommandTree.Failed;
        }
        catch (AdminSocketException e)
        {
            await Console.Error.WriteLineAsync($"sluice: no admin API: {e.Message}");
            return CommandTree.Failed;
        }
    }

    /// <summary>Every problem on its line.</summary>
    /// <param name="to">Null: standard error.</param>
    public static int Report(IReadOnlyList<Problem> problems, TextWriter? to = null)
    {
        foreach (var problem in problems)
            (to ?? Console.Error).WriteLine(problem);
        return CommandTree.Wrong;
    }

    private static async Task<int> ServeAsync(Configuration configuration, ConfigurationSource source, ILoggerFactory loggers)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var proxy = await Proxy.StartAsync(configuration, loggers, TimeProvider.System, source);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = proxy.ReloadAsync();
        });
        await Console.Error.WriteAsync(StartText.Of(configuration, proxy.EndPoints, proxy.DashboardEndPoint));
        await ended.Task;
        await proxy.DisposeAsync();
        await Console.Error.WriteAsync(StartText.Totals(proxy));
        return CommandTree.Ok;

        // The second one is not ours: it ends the process.
        void End(PosixSignalContext signal) => signal.Cancel = ended.TrySetResult();
    }
}
