using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using Sluice.Config;

namespace Sluice.Cli.Care;

/// <summary>Where the proxy is and how its answer is printed: the options that all commands of the admin API share.</summary>
internal sealed class ConnectionOptions(Option<string> configuration)
{
    private readonly Option<string?> _socket = new("--socket") { HelpName = "PATH", Description = "The admin socket; else the configuration file names it." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints the JSON of the admin API, for scripts." };

    public Command AddTo(Command command)
    {
        command.Add(_socket);
        command.Add(configuration);
        command.Add(_json);
        return command;
    }

    /// <summary>Asks and prints; 1: asked for wrongly, 2: nobody answers.</summary>
    /// <param name="instead">Answers by the configuration where no process does; null: that is an error.</param>
    public async Task<int> AskAsync(
        ParseResult parsed, Func<AdminClient, Task<AdminAnswer>> ask, Action<JsonElement> print, Func<Configuration, Task<AdminAnswer>>? instead = null)
    {
        var (socket, read) = parsed.GetValue(_socket) is { } named ? (Path.GetFullPath(named), null) : Read(parsed, needsSocket: instead is null);
        if (socket is null && read is null)
            return CommandTree.Wrong;
        try
        {
            return await TellAsync(parsed, socket is null ? await instead!(read!) : await AskAsync(socket, ask), print);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            var why = e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied } ? "permission denied: it is for the user that Sluice runs as"
                : e.InnerException is SocketException ? $"nobody answers there{(read is null || instead is null ? "; is Sluice running with admin: { socket: PATH }?" : "")}"
                : e.Message;
            await Streams.Of(parsed).Error.WriteLineAsync($"sluice: {socket}: {why}{(read is null || instead is null ? "" : ": judged by the files as they stand")}");
            return read is null || instead is null ? CommandTree.Failed : await TellAsync(parsed, await instead(read), print);
        }
    }

    private static async Task<AdminAnswer> AskAsync(string socket, Func<AdminClient, Task<AdminAnswer>> ask)
    {
        using var client = new AdminClient(socket);
        return await ask(client);
    }

    private async Task<int> TellAsync(ParseResult parsed, AdminAnswer answer, Action<JsonElement> print)
    {
        if (answer.Problem is { } problem)
        {
            await Streams.Of(parsed).Error.WriteLineAsync($"sluice: {problem}");
            return answer.IsOurFault ? CommandTree.Wrong : CommandTree.Failed;
        }
        if (parsed.GetValue(_json))
            await Streams.Of(parsed).Output.WriteLineAsync(answer.Body.GetRawText());
        else
            print(answer.Body);
        return CommandTree.Ok;
    }

    /// <summary>The configuration and the socket that it names; neither where it cannot be used.</summary>
    private (string? Socket, Configuration? Read) Read(ParseResult parsed, bool needsSocket)
    {
        var file = parsed.GetRequiredValue(configuration);
        // The ports are in use: by the proxy that is asked.
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All(), tryPorts: false);
        if (loaded.Configuration is not { } read)
        {
            Serving.Report(loaded.Problems, Streams.Of(parsed).Error);
            return default;
        }
        if (read.Admin.Socket is not null || !needsSocket)
            return (read.Admin.Socket, read);
        Streams.Of(parsed).Error.WriteLine($"{file}: there is no admin API: write admin: {{ socket: PATH }} and start Sluice again, or name it with --socket");
        return default;
    }
}
