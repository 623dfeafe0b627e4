namespace Sluice.Cli.Demo;
internal static class DemoRun { public static Task<int> RunAsync(int requests, CancellationToken stop) => Task.FromResult(0); }
