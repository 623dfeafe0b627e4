using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using Sluice.Config;

namespace Sluice.Cli.Care;

/// <summary>Where the proxy is and how its answer is printed: the options that all commands of the admin API share.</summary>
internal sealed class ConnectionOptions(Option<string> configuration)
{
    private readonly Option<string?> _socket = new("--socket") { HelpName = "PATH", Description = "The admin socket; else the configuration file names it." };
    private readonly Option<string?> _url = new("--url") { HelpName = "URL", Description = "The dashboard's listener instead of the admin socket, such as http://127.0.0.1:3129." };
    private readonly Option<string?> _token = new("--token-file") { HelpName = "FILE", Description = "With --url: the file that holds dashboard.token." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints the JSON of the admin API, for scripts." };

    public Command AddTo(Command command, bool printsJson = true)
    {
        command.Add(_socket);
        command.Add(_url);
        command.Add(_token);
        command.Add(configuration);
        if (printsJson)
            command.Add(_json);
        return command;
    }

    public bool WantsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Asks and prints; 1: asked for wrongly, 2: nobody answers.</summary>
    /// <param name="alone">Answers by the configuration where no proxy does, which is told; null: that is an error.</param>
    public Task<int> AskAsync(
        ParseResult parsed, Func<AdminClient, Task<AdminAnswer>> ask, Action<JsonElement> print, Func<Configuration, Task<AdminAnswer>>? alone = null) =>
        UseAsync(parsed, async client => Tell(parsed, await ask(client), print), alone is null ? null : async read =>
        {
            await Streams.Of(parsed).Error.WriteLineAsync("sluice: no proxy answers: judged by the files as they stand");
            return Tell(parsed, await alone(read), print);
        });

    private int Tell(ParseResult parsed, AdminAnswer answer, Action<JsonElement> print)
    {
        if (answer.Problem is not null)
            return Complain(answer, Streams.Of(parsed).Error);
        if (WantsJson(parsed))
            Streams.Of(parsed).Output.WriteLine(answer.Body.GetRawText());
        else
            print(answer.Body);
        return CommandTree.Ok;
    }

    /// <summary>Says what the proxy said.</summary>
    /// <param name="to">Null: standard error.</param>
    public static int Complain(AdminAnswer answer, TextWriter? to = null)
    {
        (to ?? Console.Error).WriteLine($"sluice: {answer.Problem}");
        return answer.IsOurFault ? CommandTree.Wrong : CommandTree.Failed;
    }

    /// <summary>Gives its exit code, or 1: asked for wrongly, 2: nobody answers.</summary>
    /// <param name="alone">What can be done without a proxy, by the configuration file; null: nothing.</param>
    public async Task<int> UseAsync(ParseResult parsed, Func<AdminClient, Task<int>> use, Func<Configuration, Task<int>>? alone = null)
    {
        var error = Streams.Of(parsed).Error;
        Configuration? read = null;
        AdminPlace? place;
        if (parsed.GetValue(_url) is { } url)
        {
            if ((place = AdminPlace.Of(url, parsed.GetValue(_token), out var problem)) is null)
            {
                await error.WriteLineAsync($"sluice: {problem}");
                return CommandTree.Wrong;
            }
        }
        else if (parsed.GetValue(_socket) is { } named)
            place = AdminPlace.Of(Path.GetFullPath(named));
        else
        {
            if ((read = Load(parsed)) is null)
                return CommandTree.Wrong;
            if (read.Admin.Socket is null && alone is not null)
                return await alone(read);
            if (read.Admin.Socket is not { } socket)
            {
                await error.WriteLineAsync($"{parsed.GetRequiredValue(configuration)}: there is no admin API: write admin: {{ socket: PATH }} and start Sluice again, or name it with --socket");
                return CommandTree.Wrong;
            }
            place = AdminPlace.Of(socket);
        }
        return await UseAsync(place, read, use, alone, error);
    }

    private static async Task<int> UseAsync(AdminPlace place, Configuration? read, Func<AdminClient, Task<int>> use, Func<Configuration, Task<int>>? alone, TextWriter error)
    {
        using var client = new AdminClient(place);
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
            await error.WriteLineAsync($"sluice: {place.Name}: {WhyNot(place, e)}");
            return CommandTree.Failed;
        }
    }

    /// <summary>Why nothing could be asked, in words that follow the place's name.</summary>
    public static string WhyNot(AdminPlace place, Exception e) =>
        e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied } ? "permission denied: it is for the user that Sluice runs as"
        : e.InnerException is SocketException ? $"nobody answers there; is Sluice running with {(place.Socket is null ? "dashboard: { bind: ADDRESS:PORT }" : "admin: { socket: PATH }")}?"
        : e is JsonException ? "what answers there is no admin API"
        : e.Message;

    private Configuration? Load(ParseResult parsed)
    {
        // The ports are in use: by the proxy that is asked.
        var loaded = ConfigurationFile.Load(parsed.GetRequiredValue(configuration), EnvironmentVariables.All(), tryPorts: false);
        if (loaded.Configuration is null)
            Serving.Report(loaded.Problems, Streams.Of(parsed).Error);
        return loaded.Configuration;
    }
}
