using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sluice.Cli;

/// <summary>The examples of each command, shown below its own help and not in the list of its parent.</summary>
internal sealed class Examples
{
    private readonly Dictionary<Command, string[]> _of = [];

    public void Add(Command command, params string[] lines) => _of[command] = lines;

    public void ShowIn(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Shown((HelpAction)help.Action!, _of);
    }

    private sealed class Shown(HelpAction help, Dictionary<Command, string[]> of) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            if (!of.TryGetValue(parseResult.CommandResult.Command, out var lines))
                return code;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in lines)
                output.WriteLine($"  {line}");
            return code;
        }
    }
}
