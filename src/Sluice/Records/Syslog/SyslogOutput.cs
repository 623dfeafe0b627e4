using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Records.Formats;
using Sluice.Records.Output;

namespace Sluice.Records.Syslog;

/// <summary>
/// Records as messages of RFC 5424, one for each:
/// <code>&lt;134&gt;1 2026-11-23T21:49:14.123Z host sluice 4711 http [meta sequenceId="17"][sluice@32473 number="16"] the record</code>
/// The time is that of its end; MSGID is its kind, or <c>dropped</c>; sequenceId counts the messages of this output (s.7.3.1), number is the record's.
/// All of it is ASCII, so none begins with a byte order mark (s.6.4) and none can be cut within a character.
/// </summary>
internal sealed class SyslogOutput(SyslogOptions options, IRecordFormat format, ISyslogTransport to) : IRecordOutput
{
    private const int BatchBytes = 64 << 10;
    private const int LongestText = 512;

    // RFC 5424 s.6.2.1
    private const int Warning = 4;
    private const int Informational = 6;

    private readonly string _origin = string.Create(CultureInfo.InvariantCulture, $" {HostName()} {options.AppName} {Environment.ProcessId} ");
    private readonly LineBuffer _batch = new(BatchBytes + (16 << 10));
    private readonly LineBuffer _message = new(4 << 10);
    private readonly List<int> _ends = [];
    private int _sequence;

    public string Name { get; } = options.ToString();

    public bool HasRoom => _batch.Length < BatchBytes;

    public void Add(ExchangeRecord record)
    {
        Next();
        Compose(record);
        for (var longest = LongestText; _message.Length > to.LongestMessage && longest > 0; longest /= 2)
            Compose(record.Shortened(longest));
        EndMessage();
    }

    public void AddDropped(long count, DateTimeOffset now)
    {
        Next();
        Begin(Warning, now, "dropped"u8).Put("[sluice@32473 dropped=\""u8).Put(count).Put("\"] "u8);
        format.WriteDropped(count, now, _message);
        EndMessage();
    }

    public void WriteOut()
    {
        var sent = 0;
        try
        {
            if (_ends.Count > 0)
                to.Send(_batch.Written, CollectionsMarshal.AsSpan(_ends), ref sent);
        }
        finally
        {
            TakeOut(sent);
        }
    }

    public void Reopen() => to.Reset();

    public void Dispose() => to.Dispose();

    private void Compose(ExchangeRecord record)
    {
        Begin(Informational, record.Time + record.Duration, Kind(record.Kind)).Put("[sluice@32473 number=\""u8).Put(record.Number).Put("\"] "u8);
        format.Write(record, _message);
    }

    private LineBuffer Begin(int severity, DateTimeOffset time, ReadOnlySpan<byte> messageId)
    {
        _message.Clear();
        return _message.Put((byte)'<').Put((int)options.Facility * 8 + severity).Put(">1 "u8)
            .PutTime(time).PutLatin1(_origin)
            .Put(messageId).Put(" [meta sequenceId=\""u8).Put(_sequence).Put("\"]"u8);
    }

    // RFC 5424 s.7.3.1: 1 follows 2147483647.
    private void Next() => _sequence = _sequence == int.MaxValue ? 1 : _sequence + 1;

    /// <summary>The line without its end is the message.</summary>
    private void EndMessage()
    {
        var message = _message.Written[..^1];
        if (to.CountsOctets)
            _batch.Put(message.Length).Put((byte)' ');
        _batch.Put(message);
        _ends.Add(_batch.Length);
    }

    private void TakeOut(int count)
    {
        if (count == 0)
            return;
        var octets = _ends[count - 1];
        _batch.Skip(octets);
        _ends.RemoveRange(0, count);
        for (var i = 0; i < _ends.Count; i++)
            _ends[i] -= octets;
    }

    private static ReadOnlySpan<byte> Kind(RecordKind kind) => kind switch
    {
        RecordKind.Connect => "connect"u8,
        RecordKind.Upgrade => "upgrade"u8,
        RecordKind.Relay => "relay"u8,
        _ => "http"u8,
    };

    // RFC 5424 s.6.2.4: printable ASCII, at most 255 octets; - where there is none.
    private static string HostName()
    {
        var name = new string([.. System.Net.Dns.GetHostName().Where(c => c is > ' ' and <= '~').Take(255)]);
        return name.Length == 0 ? "-" : name;
    }
}
