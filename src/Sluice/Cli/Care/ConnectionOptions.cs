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
    public async Task<int> AskAsync(ParseResult parsed, Func<AdminClient, Task<AdminAnswer>> ask, Action<JsonElement> print)
    {
        if (SocketOf(parsed) is not { } socket)
            return CommandTree.Wrong;
        using var client = new AdminClient(socket);
        try
        {
            var answer = await ask(client);
            if (answer.Problem is { } problem)
            {
                await Console.Error.WriteLineAsync($"sluice: {problem}");
                return answer.IsOurFault ? CommandTree.Wrong : CommandTree.Failed;
            }
            if (parsed.GetValue(_json))
                await Console.Out.WriteLineAsync(answer.Body.GetRawText());
            else
                print(answer.Body);
            return CommandTree.Ok;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            var why = e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied } ? "permission denied: it is for the user that Sluice runs as"
                : e.InnerException is SocketException ? "nobody answers there; is Sluice running with admin: { socket: PATH }?"
                : e.Message;
            await Console.Error.WriteLineAsync($"sluice: {socket}: {why}");
            return CommandTree.Failed;
        }
    }

    private string? SocketOf(ParseResult parsed)
    {
        if (parsed.GetValue(_socket) is { } named)
            return Path.GetFullPath(named);
        var file = parsed.GetRequiredValue(configuration);
        // The ports are in use: by the proxy that is asked.
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All(), tryPorts: false);
        if (loaded.Configuration is not { } read)
            Serving.Report(loaded.Problems);
        else if (read.Admin.Socket is null)
            Console.Error.WriteLine($"{file}: there is no admin API: write admin: {{ socket: PATH }} and start Sluice again, or name it with --socket");
        return loaded.Configuration?.Admin.Socket;
    }
}
