using System.Net;
using Microsoft.Data.Sqlite;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Records.History;

/// <summary>A row as the record that it was made of; what formats do not write is not in it. Whoever has changed rows by hand gets what can be made of them.</summary>
internal static class RowReader
{
    private static readonly Dictionary<string, ProtocolVersion> Protocols = Enum.GetValues<ProtocolVersion>().ToDictionary(version => version.ViaToken());

    /// <param name="row">With the columns of the table, in their order.</param>
    public static StoredRecord Read(SqliteDataReader row)
    {
        var column = 0;
        var id = Whole();
        _ = Rfc3339.TryParse(Text() ?? "", out var time);
        if (!row.IsDBNull(HistorySchema.Columns.Count - 1))
            return new StoredRecord(id, null, row.GetInt64(HistorySchema.Columns.Count - 1), time);
        var record = new ExchangeRecord { Time = time, Number = Whole(), Generation = (int)Whole(), Listener = Text() ?? "" };
        record.Kind = Enum.TryParse<RecordKind>(Text(), ignoreCase: true, out var kind) ? kind : RecordKind.Http;
        record.Client = IPAddress.TryParse(Text(), out var client) ? new IPEndPoint(client, 0) : null;
        record.User = Text();
        record.Method = Text();
        record.Url = Text();
        record.Protocol = Text() is { } protocol && Protocols.TryGetValue(protocol, out var version) ? version : null;
        record.Status = (int)Whole();
        record.RequestBytes = Whole();
        record.ResponseBytes = Whole();
        record.Duration = Span() ?? TimeSpan.Zero;
        record.TimeToFirstByte = Span();
        record.Cache = Enum.TryParse<CacheUse>(Text(), ignoreCase: true, out var use) ? use : CacheUse.None;
        record.CacheReason = Text();
        var outcome = Text();
        record.Verdict = new Verdict { Denies = outcome == "deny", Reports = outcome == "report", Rule = Text(), List = Text(), Line = (int)Whole(), Tags = Text() };
        record.Tls = Text()?.Split(',').Aggregate(TlsFacts.None, (facts, word) => facts | TlsWords.FactOf(word)) ?? TlsFacts.None;
        record.ServerName = Text();
        var (upstream, port) = (Text(), Whole());
        record.Upstream = IPAddress.TryParse(upstream, out var address) && port is >= 0 and <= IPEndPoint.MaxPort ? new IPEndPoint(address, (int)port) : null;
        record.Error = Text();
        record.ErrorDetail = Text();
        record.ClientGone = Whole() != 0;
        record.ContentType = Text();
        record.Referer = Text();
        record.UserAgent = Text();
        // What is traced is a thing of the running process: its two identifiers are for those who read the file.
        _ = (Text(), Text());
        _ = Text();
        record.Fields = Text() is { } fields ? StoredFields.Read(fields) : null;
        return new StoredRecord(id, record, 0, time);

        string? Text() => row.IsDBNull(column++) ? null : row.GetString(column - 1);

        long Whole() => row.IsDBNull(column++) ? 0 : row.GetInt64(column - 1);

        TimeSpan? Span() => row.IsDBNull(column++) ? null : TimeSpan.FromMicroseconds(Math.Round(row.GetDouble(column - 1) * 1000));
    }
}
