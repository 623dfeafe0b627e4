using System.Globalization;
using Sluice.Records;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Policies;

/// <summary>What would change, as people read it.</summary>
internal static class DiffText
{
    public static void Write(PolicyDiff diff, LogSource source, Streams streams)
    {
        if (diff.Changes.Any())
        {
            var table = Plain("verdict", "requests", "clients", "hosts", "first example");
            foreach (var change in diff.Changes)
                Row(table, Verdicts(change), Number(change.Requests), Few(change.Clients), Few(change.Hosts),
                    string.Create(CultureInfo.InvariantCulture, $"{change.ExampleTime:yyyy-MM-dd'T'HH:mm:ss'Z'} {change.Example}"));
            Care.AdminText.Write(table, streams.Output);
        }
        streams.Output.WriteLine($"{Number(diff.Changed)} of {Number(diff.Requests)} requests would be judged otherwise");
        if (diff.WithoutListener > 0)
            streams.Error.WriteLine(Safe($"{diff.WithoutListener} requests came by listeners that one of the files does not have ({string.Join(", ", diff.MissingListeners.First)}): --policy NAME judges them all the same"));
        foreach (var line in source.LeftOut())
            streams.Error.WriteLine(Safe(line));
    }

    private static string Verdicts(Change change)
    {
        var by = change.NewRule is { } rule ? $"by rule {rule}" : "by default";
        return change.OldRule is { } old ? $"{change.From} by rule {old} -> {change.To} {by}" : $"{change.From} -> {change.To} {by}";
    }

    /// <summary>How many, and the first of them.</summary>
    private static string Few(Change.Names names) =>
        names.Count <= 2 ? string.Join(", ", names.First) : $"{names.First[0]} and {names.Count - 1}{(names.Count == Change.Names.Most ? " or more" : "")}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The same for scripts.</summary>
/// <param name="WithoutListener">Requests of listeners that one of the configurations does not have.</param>
/// <param name="UnreadLines">Lines that are no requests that could be read.</param>
/// <param name="Missing">Records that the log itself says are missing.</param>
internal sealed record DiffReport(
    long Requests, long Changed, long WithoutListener, IReadOnlyList<string> MissingListeners, long Lines, long UnreadLines, IReadOnlyList<string> Unread, long Missing,
    IReadOnlyList<ChangeReport> Changes)
{
    public static DiffReport Of(PolicyDiff diff, JsonLogReader log) => new(
        diff.Requests, diff.Changed, diff.WithoutListener, diff.MissingListeners.First, log.Lines, log.UnreadLines, log.Unread, log.Missing, [.. diff.Changes.Select(ChangeReport.Of)]);
}

/// <param name="Clients">How many different ones, 10,000 at most.</param>
/// <param name="SomeClients">The first of them.</param>
internal sealed record ChangeReport(
    string From, string? OldRule, string To, string? NewRule, long Requests, int Clients, IReadOnlyList<string> SomeClients, int Hosts, IReadOnlyList<string> SomeHosts,
    DateTimeOffset Time, string Example)
{
    public static ChangeReport Of(Change change) => new(change.From, change.OldRule, change.To, change.NewRule, change.Requests, change.Clients.Count, change.Clients.First,
        change.Hosts.Count, change.Hosts.First, change.ExampleTime, change.Example);
}
