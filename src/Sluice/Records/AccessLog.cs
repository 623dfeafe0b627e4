using Microsoft.Extensions.Logging;
using Sluice.Records.Formats;
using Sluice.Records.History;
using Sluice.Records.Otlp;
using Sluice.Records.Output;
using Sluice.Records.Syslog;

namespace Sluice.Records;

/// <summary>Every record goes to each output that is configured, through a buffer of its own: none waits for another, and traffic for none.</summary>
public sealed class AccessLog : IAsyncDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile RecordWriter[] _writers = [];
    private IReadOnlyList<(object Options, RecordWriter Writer)> _outputs = [];
    private long _droppedBefore;

    public AccessLog(LogOptions options, TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        Open(options);
    }

    /// <summary>Records that outputs had no room for or could not write, those that are gone included.</summary>
    public long Dropped => _writers.Sum(writer => writer.Dropped) + Interlocked.Read(ref _droppedBefore);

    /// <summary>As they are now.</summary>
    public IReadOnlyList<OutputState> Outputs =>
        [.. _writers.Select(writer => new OutputState(writer.Name, writer.Written, writer.Dropped, writer.Failures, writer.Failing))];

    /// <summary>Hands over a record, which nobody changes from here on. Never blocks.</summary>
    public void Write(ExchangeRecord record)
    {
        var writers = _writers;
        HashSet<string>? refused = null;
        foreach (var writer in writers)
            if (!writer.Write(record))
                (refused ??= []).Add(writer.Name);
        if (refused is not null)
            WriteToNew(record, writers, refused);
    }

    /// <summary>Opens files by their paths anew, soon (SIGHUP, after a rotation).</summary>
    public void Reopen()
    {
        foreach (var writer in _writers)
            writer.Reopen();
    }

    /// <summary>What is the same in both goes on; what is gone writes out what it has first.</summary>
    public async Task UseAsync(LogOptions options)
    {
        foreach (var gone in Open(options))
        {
            await gone.DisposeAsync();
            Interlocked.Add(ref _droppedBefore, gone.Dropped);
        }
    }

    /// <summary>Writes out what is queued and closes the outputs.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_writers.Select(writer => writer.DisposeAsync().AsTask()));

    /// <summary>Returns those that are gone.</summary>
    private List<RecordWriter> Open(LogOptions options)
    {
        var former = _outputs.ToList();
        var kept = options.Outputs.Select(output => (Options: output, Writer: TakeFrom(former, output))).ToList();
        // They may lead to the same place: one after the other.
        var before = Task.WhenAll(former.Select(output => output.Writer.Ended));
        _outputs = [.. kept.Select(output => (output.Options, output.Writer ?? WriterOf(output.Options, before)))];
        _writers = [.. _outputs.Select(output => output.Writer)];
        return [.. former.Select(output => output.Writer)];
    }

    private static RecordWriter? TakeFrom(List<(object Options, RecordWriter Writer)> former, object options)
    {
        var found = former.FindIndex(output => output.Options.Equals(options));
        if (found < 0)
            return null;
        var writer = former[found].Writer;
        former.RemoveAt(found);
        return writer;
    }

    /// <summary>Reloads have just put others in the place of some, once or several times: each place gets the record once.</summary>
    private void WriteToNew(ExchangeRecord record, RecordWriter[] former, HashSet<string> refused)
    {
        var has = former.Select(writer => writer.Name).Except(refused).ToHashSet();
        while (refused.Count > 0)
        {
            var writers = _writers;
            // The end: nobody takes anything any more.
            if (writers == former)
                return;
            refused.Clear();
            foreach (var writer in writers)
                if (!has.Contains(writer.Name))
                    (writer.Write(record) ? has : refused).Add(writer.Name);
            former = writers;
        }
    }

    private RecordWriter WriterOf(object options, Task before) => options switch
    {
        HistoryOptions history => new RecordWriter(new RecordQueue(new HistoryOutput(history, _time, _log)), HistoryOutput.Gather, _time, _log, before),
        LogOutputOptions access => new RecordWriter(BufferOf(access), GatherOf(access), _time, _log, before),
        _ => throw new ArgumentException("options of no output", nameof(options)),
    };

    // A person waits for the line; a file or pipe does not.
    private static TimeSpan GatherOf(LogOutputOptions options) => options is { File: null, Syslog: null, Otlp: null } && !Console.IsOutputRedirected ? TimeSpan.Zero : Gather;

    private IRecordBuffer BufferOf(LogOutputOptions options) => options switch
    {
        { Otlp: { } otlp } => new RecordQueue(new LogOutput(otlp)),
        { Syslog: { } syslog } => new RecordQueue(new SyslogOutput(
            syslog, options.Format == LogFormat.Json ? new JsonFormat(asciiOnly: true) : FormatOf(options.Format), syslog.OverTcp ? new TcpTransport(syslog, _time) : new DatagramTransport(syslog))),
        { File: { } path } => new LineQueue(FormatOf(options.Format), new FileOutput(path), options.Place),
        _ => new LineQueue(FormatOf(options.Format), new StreamOutput(Console.OpenStandardOutput()), options.Place),
    };

    private IRecordFormat FormatOf(LogFormat format) => RecordLines.FormatOf(format, _time.LocalTimeZone);
}

/// <summary>What has become of the records of one output.</summary>
/// <param name="Name">Where it leads: a path, an address.</param>
/// <param name="Dropped">Its queue was full, or the end came before they could be written.</param>
/// <param name="Failures">Writes that failed; each was tried again.</param>
/// <param name="Failing">Why nothing can be written just now; null: it can.</param>
public sealed record OutputState(string Name, long Written, long Dropped, long Failures, string? Failing);
