using System.Reflection;
using BenchmarkDotNet.Running;
using Sluice.Bench.Checks;
using Sluice.Bench.Filters;
using Sluice.Bench.Peers;
using Sluice.Bench.Traces;

// The peers are Linux programs, their CPU is read from /proc.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

return args switch
{
    ["peers", .. var options] => await PeersCommand.InvokeAsync(options),
    [SyslogSink.Command, var socket, var file] => SyslogSink.Run(socket, file),
    ["large-bodies", .. var options] => await LargeBodies.RunAsync(options),
    ["many-clients", .. var options] => await ManyClients.RunAsync(options),
    ["stampede", .. var options] => await Stampede.RunAsync(options),
    ["kill-nine", .. var options] => await KillNine.RunAsync(options),
    ["disk-start", .. var options] => await DiskStart.RunAsync(options),
    ["disk-faults", .. var options] => await DiskFaults.RunAsync(options),
    ["allocations", .. var options] => await Allocations.RunAsync(options),
    ["censor-cost", .. var options] => await CensorCost.RunAsync(options),
    ["records-count", .. var options] => await RecordsCount.RunAsync(options),
    ["records-cost", .. var options] => await RecordsCost.RunAsync(options),
    ["reload", .. var options] => await ReloadUnderLoad.RunAsync(options),
    ["history-kill", .. var options] => await HistoryKill.RunAsync(options),
    ["history-full", .. var options] => await HistoryFull.RunAsync(options),
    ["history-load", .. var options] => await HistoryLoad.RunAsync(options),
    ["hit-ratio", .. var options] => await HitRatios.RunAsync(options),
    ["tunnels", .. var options] => await TunnelCost.RunAsync(options),
    ["filters", .. var options] => FilterCheck.Run(options),
    [ServedProxy.Command, .. var options] => await ServedProxy.ServeAsync(options),
    _ => Micro(args),
};

static int Micro(string[] args)
{
    BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
    return 0;
}
