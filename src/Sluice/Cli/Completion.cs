using System.CommandLine;

namespace Sluice.Cli;

/// <summary>Shell completion. The library answers the directive <c>[suggest:POSITION]</c>; the scripts ask it.</summary>
internal static class Completion
{
    private const string Bash = """
        _sluice() { local IFS=$'\n'; COMPREPLY=($(sluice "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null | grep -- "^${COMP_WORDS[COMP_CWORD]}")); }
        complete -o default -F _sluice sluice
        """;

    private const string Zsh = """
        _sluice() { compadd -- "${(@f)$(sluice "[suggest:$#BUFFER]" "$BUFFER" 2>/dev/null)}" }
        compdef _sluice sluice
        """;

    private const string Fish = """
        complete -c sluice -a '(set -l line (commandline -cp); sluice "[suggest:"(string length "$line")"]" "$line" 2>/dev/null)'
        """;

    public static Command Command(Examples examples)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a script that completes commands and options.") { shell };
        examples.Add(command, "source <(sluice completion bash)");
        command.SetAction(parsed => Console.Out.WriteLine(parsed.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return command;
    }
}
