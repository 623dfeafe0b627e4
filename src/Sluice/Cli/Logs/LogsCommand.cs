using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Sluice.Config;
using Sluice.Records;

namespace Sluice.Cli.Logs;

/// <summary><c>sluice logs</c>: asks the history, beside the running proxy or without one.</summary>
internal static class LogsCommand
{
    // As tail -f.
    private const int ShownBeforeFollowing = 10;
    private const int OutputBytes = 64 << 10;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly string[] Formats = ["table", "json", "csv", "har", "combined", "squid"];

    private static readonly (string Name, string Value, string Text)[] Conditions =
    [
        ("since", "TIME", "Not begun before: 2026-03-01T08:00:00Z, or 15m ago."),
        ("until", "TIME", "Begun before."),
        ("host", "HOST", "The host of the URL: a.example, .a.example with all below it, *.a.example what is below it."),
        ("client", "CIDR", "The client's address or network."),
        ("user", "NAME", "The authenticated user."),
        ("listener", "NAME", "The listener."),
        ("kind", "KIND", "http, connect, upgrade or relay."),
        ("method", "METHOD", "The request's method."),
        ("url", "TEXT", "A part of the URL."),
        ("status", "STATUS", "404, 4xx, 400-499, or 0: none was sent."),
        ("verdict", "VERDICT", "allow, deny or report."),
        ("cache", "USE", "hit, miss, revalidated, stale, bypass or none."),
        ("rule", "ID", "The rule that decided."),
        ("error", "TYPE", "The type of the error, or any."),
    ];

    public static Command Command(Examples examples, Option<string> configuration)
    {
        var history = new Option<string?>("--history") { HelpName = "FILE", Description = "The database; else the configuration file names it." };
        var limit = new Option<int?>("--limit") { HelpName = "N", Description = "Only the newest N; shown are the oldest first." };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1)
                result.AddError("--limit: 1 or more");
        });
        var follow = new Option<bool>("--follow", "-f") { Description = "Goes on with what comes; without --limit begins with the last 10." };
        var format = new Option<string>("--format") { HelpName = "FORMAT", Description = "table (the default), json, csv, har (HAR 1.2, without tunnels and relays), combined or squid.", DefaultValueFactory = _ => Formats[0] };
        format.AcceptOnlyFromAmong(Formats);
        var command = new Command("logs", "Shows what has passed in the last days, from the history (logs.history).") { configuration, history };
        var conditions = Conditions.Select(condition => new Option<string?>("--" + condition.Name) { HelpName = condition.Value, Description = condition.Text }).ToList();
        foreach (var condition in conditions)
            command.Add(Completed(condition));
        command.Add(limit);
        command.Add(follow);
        command.Add(format);
        examples.Add(command, "sluice logs --since 15m --status 5xx", "sluice logs --host .example.com --client 10.0.0.0/8 --limit 100", "sluice logs --verdict deny --follow",
            "sluice logs --since 1d --format json | sluice learn -", "sluice logs --since 1h --format har > hour.har");
        command.SetAction((parsed, stop) => RunAsync(new Order(
            Filled(parsed, conditions), parsed.GetValue(history), parsed.GetRequiredValue(configuration), parsed.GetValue(limit), parsed.GetValue(follow), parsed.GetRequiredValue(format)),
            Streams.Of(parsed), stop));
        return command;
    }

    private sealed record Order(IReadOnlyList<(string Name, string Value)> Conditions, string? History, string Configuration, int? Limit, bool Follows, string Format);

    private static async Task<int> RunAsync(Order order, Streams streams, CancellationToken stop)
    {
        var filter = RecordFilter.All;
        foreach (var (name, value) in order.Conditions)
            if (RecordFilter.TryAdd(ref filter, name, value, TimeProvider.System.GetUtcNow()) is { } wrong)
                return Complain(streams, $"--{wrong}", CommandTree.Wrong);
        if (order is { Follows: true, Format: "har" })
            return Complain(streams, "--follow: a HAR has an end", CommandTree.Wrong);
        if ((order.History ?? Configured(order.Configuration, streams)) is not { } path)
            return CommandTree.Wrong;
        // Not closed: it is the program's, and what a reader that has gone did not take is nobody's any more.
        var to = OutputOf(streams);
        try
        {
            await WriteAsync(path, filter, order, to, stop);
        }
        catch (HistoryException e)
        {
            await to.FlushAsync(CancellationToken.None);
            return Complain(streams, e.Message, CommandTree.Failed);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Whoever reads has seen enough, or whoever asked.
        }
        return CommandTree.Ok;
    }

    private static async Task WriteAsync(string path, RecordFilter filter, Order order, Stream to, CancellationToken stop)
    {
        var rows = WriterOf(order.Format, to);
        using var disposed = rows as IDisposable;
        rows.Begin();
        var last = 0L;
        using (var reader = HistoryReader.Open(path))
        {
            if ((order.Limit ?? (order.Follows ? ShownBeforeFollowing : null)) is { } limit)
                last = reader.BeforeNewest(filter, limit, stop);
            Write(reader);
        }
        while (order.Follows)
        {
            rows.Flush();
            await Task.Delay(LookEvery, TimeProvider.System, stop);
            // Anew: the file may be another by now.
            using var reader = HistoryReader.Open(path);
            Write(reader);
        }
        rows.End();

        void Write(HistoryReader reader)
        {
            foreach (var row in reader.After(filter, last, stop))
            {
                rows.Write(row);
                last = row.Id;
            }
        }
    }

    private static IRowWriter WriterOf(string format, Stream to) => format switch
    {
        "csv" => new CsvWriter(to),
        "har" => new HarWriter(to),
        "json" => new LineWriter(LogFormat.Json, to, false),
        "combined" => new LineWriter(LogFormat.Combined, to, false),
        "squid" => new LineWriter(LogFormat.Squid, to, false),
        _ => new LineWriter(LogFormat.Readable, to, !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 }),
    };

    private static Stream OutputOf(Streams streams)
    {
        if (streams.Output != Console.Out)
            return new TextStream(streams.Output);
        // The console's stream says nothing of a reader that has gone; a file's writes to a place of its own, where others may write, too.
        var pipe = OperatingSystem.IsWindows() ? null : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, 0);
        return new BufferedStream(pipe is { CanSeek: false } ? pipe : Console.OpenStandardOutput(), OutputBytes);
    }

    private static string? Configured(string file, Streams streams)
    {
        // The ports are in use: by the proxy.
        var loaded = ConfigurationFile.Load(file, EnvironmentVariables.All(), tryPorts: false);
        if (loaded.Configuration is not { } configuration)
            Serving.Report(loaded.Problems, streams.Error);
        else if (configuration.Log.History is { } history)
            return history.Path;
        else
            Complain(streams, $"{file}: there is no history: write logs: {{ history: {{ path: PATH }} }} and start Sluice, or name one with --history", CommandTree.Wrong);
        return null;
    }

    private static int Complain(Streams streams, string what, int code)
    {
        streams.Error.WriteLine($"sluice: {what}");
        return code;
    }

    private static List<(string, string)> Filled(ParseResult parsed, List<Option<string?>> conditions) =>
        [.. conditions.Where(condition => parsed.GetValue(condition) is not null).Select(condition => (condition.Name[2..], parsed.GetValue(condition)!))];

    private static Option<string?> Completed(Option<string?> option)
    {
        string[] words = option.Name switch
        {
            "--kind" => [.. Enum.GetNames<RecordKind>().Select(name => name.ToLowerInvariant())],
            "--cache" => [.. Enum.GetNames<CacheUse>().Select(name => name.ToLowerInvariant())],
            "--verdict" => ["allow", "deny", "report"],
            "--error" => [RecordFilter.AnyError],
            _ => [],
        };
        option.CompletionSources.Add(words);
        return option;
    }
}
