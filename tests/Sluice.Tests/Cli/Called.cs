using Sluice.Cli;

namespace Sluice.Tests.Cli;

/// <summary>A command, called in this process.</summary>
internal static class Called
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandTree.InvokeAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>The output of a command that goes well and says nothing else.</summary>
    public static async Task<string> OutputAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal((0, ""), (code, error));
        return output;
    }
}
