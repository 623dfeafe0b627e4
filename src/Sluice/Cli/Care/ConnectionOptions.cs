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

    public bool WantsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Asks and prints; 1: asked for wrongly, 2: nobody answers.</summary>
    public Task<int> AskAsync(ParseResult parsed, Func<AdminClient, Task<AdminAnswer>> ask, Action<JsonElement> print) => UseAsync(parsed, async client =>
    {
        var answer = await ask(client);
        if (answer.Problem is not null)
            return Complain(answer);
        if (WantsJson(parsed))
            await Console.Out.WriteLineAsync(answer.Body.GetRawText());
        else
            print(answer.Body);
        return CommandTree.Ok;
    });

    /// <summary>Says what the proxy said.</summary>
    public static int Complain(AdminAnswer answer)
    {
        Console.Error.WriteLine($"sluice: {answer.Problem}");
        return answer.IsOurFault ? CommandTree.Wrong : CommandTree.Failed;
    }

    /// <summary>Gives its exit code, or 1: asked for wrongly, 2: nobody answers.</summary>
    /// <param name="alone">What can be done without a proxy, by the configuration file; null: nothing.</param>
    public async Task<int> UseAsync(ParseResult parsed, Func<AdminClient, Task<int>> use, Func<Configuration, Task<int>>? alone = null)
    {
        Configuration? read = null;
        var socket = parsed.GetValue(_socket) is { } named ? Path.GetFullPath(named) : null;
        if (socket is null)
        {
            if ((read = Load(parsed)) is null)
                return CommandTree.Wrong;
            if (read.Admin.Socket is null && alone is not null)
                return await alone(read);
            if ((socket = read.Admin.Socket) is null)
            {
                await Console.Error.WriteLineAsync($"{parsed.GetRequiredValue(configuration)}: there is no admin API: write admin: {{ socket: PATH }} and start Sluice again, or name it with --socket");
                return CommandTree.Wrong;
            }
        }
        using var client = new AdminClient(socket);
        try
        {
            return await use(client);
        }
        catch (HttpRequestException e) when (read is not null && alone is not null && e.InnerException is SocketException { SocketErrorCode: not SocketError.AccessDenied })
        {
            return await alone(read);
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

    private Configuration? Load(ParseResult parsed)
    {
        // The ports are in use: by the proxy that is asked.
        var loaded = ConfigurationFile.Load(parsed.GetRequiredValue(configuration), EnvironmentVariables.All(), tryPorts: false);
        if (loaded.Configuration is null)
            Serving.Report(loaded.Problems);
        return loaded.Configuration;
    }
}
