using System.CommandLine;

namespace Sluice.Cli;

/// <summary>Where a command writes what was asked for, and what else there is to say.</summary>
internal readonly record struct Streams(TextWriter Output, TextWriter Error)
{
    public static Streams Of(ParseResult parsed) => new(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
}
