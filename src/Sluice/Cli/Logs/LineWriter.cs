using Sluice.Records;

namespace Sluice.Cli.Logs;

/// <summary>Rows as the lines of an access log. Those for people have a head, and on a terminal their colours.</summary>
internal sealed class LineWriter(LogFormat format, Stream to, bool isTerminal) : IRowWriter
{
    private readonly RecordLines _lines = new(format, TimeProvider.System.LocalTimeZone);

    public void Begin()
    {
        if (format == LogFormat.Readable)
            to.Write("time                 client        status  result         bytes      took  request\n"u8);
    }

    public void Write(StoredRecord row)
    {
        var colour = isTerminal && format == LogFormat.Readable ? ColourOf(row.Record) : default;
        to.Write(colour);
        to.Write(_lines.Of(row));
        if (colour.Length > 0)
            to.Write("\e[0m"u8);
        to.Write("\n"u8);
    }

    public void End() => Flush();

    public void Flush() => to.Flush();

    // What went wrong red, what was refused or is missing yellow, what the client did wrong dim.
    private static ReadOnlySpan<byte> ColourOf(ExchangeRecord? record) => record switch
    {
        null or { Verdict.Denies: true } => "\e[33m"u8,
        { Error: not null } or { Status: >= 500 } => "\e[31m"u8,
        { Status: >= 400 } => "\e[2m"u8,
        _ => default,
    };
}
