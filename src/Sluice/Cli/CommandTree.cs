using System.CommandLine;
using System.Runtime.InteropServices;
using Sluice.Cli.Care;
using Sluice.Cli.Logs;
using Sluice.Cli.Policies;
using Sluice.Cli.Top;

namespace Sluice.Cli;

/// <summary>Every command of the program. Exit codes: 0 all went well, 1 the configuration or the call is wrong,
/// 2 it could not be run; <c>status</c> has one more: 3 not ready.</summary>
internal static class CommandTree
{
    public const int Ok = 0;
    public const int Wrong = 1;
    public const int Failed = 2;
    public const int NotReady = 3;

    /// <param name="output">Instead of the console; null: the console.</param>
    /// <param name="error">The same.</param>
    public static Task<int> InvokeAsync(string[] args, TextWriter? output = null, TextWriter? error = null) =>
        // Signals are ours: they drain, they do not cut off.
        Root().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, Output = output ?? Console.Out, Error = error ?? Console.Error });

    private static RootCommand Root()
    {
        var root = new RootCommand("Sluice: a TCP and HTTP proxy that relays, caches, logs and censors. Without a command: a forward proxy on 127.0.0.1:3128 with a memory cache, one readable line per exchange.");
        var examples = new Examples();
        examples.Add(root, "sluice", "sluice run -c sluice.yaml", "sluice http --listen 127.0.0.1:8080 --to http://127.0.0.1:5678", "sluice tcp --listen 127.0.0.1:1234 --to 127.0.0.1:5678", "sluice demo");
        root.SetAction(_ => ShortForm.RunAsync(new ShortForm { Kind = "forward", Listen = "127.0.0.1:3128" }));
        root.Add(Run(examples));
        root.Add(Check(examples));
        root.Add(Http(examples));
        root.Add(Tcp(examples));
        root.Add(ExplainCommand.Command(examples, ConfigurationOption()));
        root.Add(PolicyTrials.Command(examples));
        root.Add(LearnCommand.Command(examples));
        root.Add(LogsCommand.Command(examples, ConfigurationOption()));
        root.Add(CacheCommands.Command(examples, ConfigurationOption()));
        root.Add(PolicyCommands.Lists(examples, ConfigurationOption()));
        root.Add(PolicyCommands.Rules(examples, ConfigurationOption()));
        root.Add(CaptureCommand.Command(examples, ConfigurationOption()));
        root.Add(ConfigurationCommands.Reload(examples, ConfigurationOption()));
        root.Add(StatusCommand.Command(examples, ConfigurationOption()));
        root.Add(TopCommand.Command(examples, ConfigurationOption()));
        root.Add(Demonstrate(examples));
        root.Add(Completion.Command(examples));
        examples.ShowIn(root);
        return root;
    }

    private static Command Run(Examples examples)
    {
        var file = ConfigurationOption();
        var command = new Command("run", "Runs what a configuration file says, until SIGTERM or Ctrl-C. A change of the file, SIGHUP and sluice reload read it again; SIGHUP reopens the log, too.") { file };
        examples.Add(command, "sluice run -c sluice.yaml", "SLUICE__Cache__Memory=1GiB sluice run -c /etc/sluice.yaml");
        command.SetAction(parsed => FileForm.RunAsync(parsed.GetRequiredValue(file)));
        return command;
    }

    private static Command Check(Examples examples)
    {
        var file = ConfigurationOption();
        var command = new Command("check", "Reads a configuration and tells of everything that is wrong with it, its rules and its lists. Starts nothing.") { file };
        examples.Add(command, "sluice check -c sluice.yaml");
        command.SetAction(parsed => FileForm.CheckAsync(parsed.GetRequiredValue(file), Streams.Of(parsed)));
        return command;
    }

    private static Command Http(Examples examples)
    {
        var listen = ListenOption();
        var to = new Option<string?>("--to") { HelpName = "URL", Description = "The upstream: a reverse proxy. Without it: a forward proxy." };
        var block = new Option<string?>("--block") { HelpName = "FILE", Description = "A list of hosts, URL parts and file names to refuse." };
        var allow = new Option<string[]>("--allow") { HelpName = "CIDR", Description = "A client network that is served; may be given several times." };
        var log = new Option<string?>("--log") { HelpName = "FILE", Description = "Where the access log goes; - is standard output, the default." };
        var format = new Option<string?>("--log-format") { HelpName = "FORMAT", Description = "readable (the default), json, combined or squid." };
        format.CompletionSources.Add("readable", "json", "combined", "squid");
        var memory = new Option<string?>("--cache-memory") { HelpName = "SIZE", Description = "What the memory cache may hold, such as 256MiB (the default); 0: nothing." };
        var folder = new Option<string?>("--cache-dir") { HelpName = "DIR", Description = "A folder for a disk cache of 1GiB, which outlives the process." };
        var command = new Command("http", "An HTTP proxy without a configuration file: forward, or with --to reverse.") { listen, to, block, allow, log, format, memory, folder };
        examples.Add(command, "sluice http --listen 127.0.0.1:3128 --block blocked.txt", "sluice http --listen 0.0.0.0:3128 --allow 10.0.0.0/8 --log access.log --log-format json", "sluice http --listen :8080 --to http://127.0.0.1:5678 --cache-memory 1GiB");
        command.SetAction(parsed => ShortForm.RunAsync(new ShortForm
        {
            Kind = parsed.GetValue(to) is null ? "forward" : "reverse",
            Listen = parsed.GetRequiredValue(listen),
            To = parsed.GetValue(to),
            Block = parsed.GetValue(block),
            Allow = parsed.GetValue(allow) ?? [],
            Log = parsed.GetValue(log),
            LogFormat = parsed.GetValue(format),
            CacheMemory = parsed.GetValue(memory),
            CacheDir = parsed.GetValue(folder),
        }));
        return command;
    }

    private static Command Tcp(Examples examples)
    {
        var listen = ListenOption();
        var to = new Option<string>("--to") { HelpName = "HOST:PORT", Description = "Where each connection is relayed to.", Required = true };
        var command = new Command("tcp", "A TCP relay without a configuration file.") { listen, to };
        examples.Add(command, "sluice tcp --listen 127.0.0.1:1234 --to 127.0.0.1:5678");
        command.SetAction(parsed => ShortForm.RunAsync(new ShortForm
        {
            Kind = "tcp",
            Listen = parsed.GetRequiredValue(listen),
            To = parsed.GetRequiredValue(to),
        }));
        return command;
    }

    private static Command Demonstrate(Examples examples)
    {
        var requests = new Option<int>("--requests") { HelpName = "N", Description = "Requests per relay client.", DefaultValueFactory = _ => 100_000 };
        requests.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--requests: 1 or more");
        });
        var command = new Command("demo", "The original experiment, alive: two clients at once through the relay to a capitalizing server, then a text, an image and a large file through the HTTP proxy: first MISS, then HIT; a log; a censored file refused.") { requests };
        examples.Add(command, "sluice demo", "sluice demo --requests 1000");
        command.SetAction(async parsed =>
        {
            using var stop = new CancellationTokenSource();
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
            {
                signal.Cancel = true;
                stop.Cancel();
            });
            return await Demo.DemoRun.RunAsync(parsed.GetValue(requests), stop.Token);
        });
        return command;
    }

    private static Option<string> ConfigurationOption() => new("--config", "-c")
    {
        HelpName = "FILE",
        Description = "The configuration file (YAML).",
        DefaultValueFactory = _ => "sluice.yaml",
    };

    private static Option<string> ListenOption() => new("--listen")
    {
        HelpName = "ADDRESS:PORT",
        Description = "Where clients connect: 127.0.0.1:3128, [::1]:3128, or :3128 for all addresses.",
        Required = true,
    };
}
