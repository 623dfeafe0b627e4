using System.Collections.Concurrent;
using System.Globalization;
using Spectre.Console;

namespace Sluice.Cli.Demo;

/// <summary>One row of the final table. <see cref="Wrong"/> may be called from any thread.</summary>
internal sealed class DemoJob(string name)
{
    private const int Named = 10;
    private readonly ConcurrentQueue<string> _mistakes = new();
    private long _wrong;

    public string Name => name;

    /// <summary>Requests, documents or lines that were looked at.</summary>
    public long Count { get; set; }

    /// <summary>Octets of the answers, where the job's rate is theirs.</summary>
    public long Bytes { get; set; }

    /// <summary>The time that the job's rate is over.</summary>
    public TimeSpan Took { get; set; }

    /// <summary>Bytes per second where bytes were counted, else requests per second; empty where no time was taken.</summary>
    public string Rate =>
        Took == TimeSpan.Zero ? ""
        : Bytes > 0 ? $"{DemoReport.Number(Bytes / Took.TotalSeconds / (1 << 20))} MiB/s"
        : $"{DemoReport.Number(Count / Took.TotalSeconds)}/s";

    /// <summary>Half of the requests took no longer.</summary>
    public TimeSpan? Median { get; set; }

    /// <summary>99 of 100 requests took no longer.</summary>
    public TimeSpan? P99 { get; set; }

    public long Mistakes => Interlocked.Read(ref _wrong);

    /// <summary>The first few mistakes, in words.</summary>
    public IEnumerable<string> FirstMistakes => _mistakes;

    public void Wrong(string what)
    {
        if (Interlocked.Increment(ref _wrong) <= Named)
            _mistakes.Enqueue(what);
    }
}

/// <summary>Lines as they stand: the console itself would break them at 80 columns where it writes to a file.</summary>
internal static class PlainLines
{
    public static void Say(this IAnsiConsole console, string line) => console.Profile.Out.Writer.WriteLine(line);
}

/// <summary>What the demo counted and found wrong.</summary>
internal sealed class DemoReport
{
    private readonly List<DemoJob> _jobs = [];

    public IReadOnlyList<DemoJob> Jobs => _jobs;

    public long Mistakes => _jobs.Sum(job => job.Mistakes);

    /// <summary>A remark under the table.</summary>
    public string? Remark { get; set; }

    public DemoJob Begin(string name)
    {
        var job = new DemoJob(name);
        _jobs.Add(job);
        return job;
    }

    public void Write(IAnsiConsole console)
    {
        var table = new Table
        {
            Border = console.Profile.Out.IsTerminal ? TableBorder.Rounded : TableBorder.Ascii,
        };
        table.AddColumn("what");
        foreach (var column in (string[])["count", "mistakes", "rate", "p50", "p99"])
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        foreach (var job in _jobs)
            table.AddRow(
                new Text(job.Name).Overflow(Overflow.Fold),
                new Text(Number(job.Count)),
                new Text(Number(job.Mistakes), job.Mistakes == 0 ? Color.Green : Color.Red),
                new Text(job.Rate),
                new Text(Microseconds(job.Median)),
                new Text(Microseconds(job.P99)));
        console.WriteLine();
        console.Write(table);
        if (Remark is { } remark)
            console.Say(remark);
        foreach (var job in _jobs)
        {
            foreach (var mistake in job.FirstMistakes)
                console.Say($"wrong: {job.Name}: {mistake}");
            if (job.Mistakes > job.FirstMistakes.Count())
                console.Say($"wrong: {job.Name}: and {Number(job.Mistakes - job.FirstMistakes.Count())} more");
        }
        console.Say($"mistakes: {Number(Mistakes)}");
    }

    public static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Microseconds(TimeSpan? span) => span is { } value ? $"{Number(value.TotalMicroseconds)} us" : "";
}
