using System.Reflection;
using BenchmarkDotNet.Running;
using Sluice.Bench.Peers;

// The peers are Linux programs, their CPU is read from /proc.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

return args switch
{
    ["peers", .. var rest] => await PeersCommand.InvokeAsync(rest),
    [SyslogSink.Command, var socket, var file] => SyslogSink.Run(socket, file),
    _ => Micro(args),
};

static int Micro(string[] args)
{
    BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
    return 0;
}
