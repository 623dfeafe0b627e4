using System.Reflection;
using BenchmarkDotNet.Running;
using Sluice.Bench.Checks;

switch (args)
{
    case ["large-bodies", .. var options]:
        return await LargeBodies.RunAsync(options);
    case ["many-clients", .. var options]:
        return await ManyClients.RunAsync(options);
    case [ServedProxy.Command, .. var options]:
        return await ServedProxy.ServeAsync(options);
    default:
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
        return 0;
}
