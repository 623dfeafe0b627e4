using System.Net;
using SQLitePCL;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Records.Formats;

namespace Sluice.Records.History;

/// <summary>Puts a record into the parameters of the one INSERT. What is the same object as in the row before is bound still, and left: listeners, words, nothing.</summary>
internal sealed class RowBinder(sqlite3_stmt insert)
{

    private const string Kind = "kind";

    // In the place of what is bound and is no text that might come again.
    private static readonly string Other = new('-', 1);

    private readonly LineBuffer _text = new(4 << 10);
    private readonly string?[] _bound = new string?[HistorySchema.Columns.Count + 1];
    private int _column;
    private int _result;

    /// <returns>SQLite's code, of the first that failed.</returns>
    public int Bind(long id, ExchangeRecord record)
    {
        (_column, _result) = (0, raw.SQLITE_OK);
        Whole(id);
        Time(record.Time);
        Whole(record.Number);
        Whole(record.Generation);
        Text(record.Listener);
        Text(HistorySchema.Name(record.Kind));
        Address(record.Client);
        Text(record.User);
        Text(record.Method);
        Url(record.Url);
        Text(record.Protocol?.ViaToken());
        WholeOrNone(record.Status);
        Whole(record.RequestBytes);
        Whole(record.ResponseBytes);
        Milliseconds(record.Duration);
        Milliseconds(record.TimeToFirstByte);
        Text(HistorySchema.Name(record.Cache));
        Text(record.CacheReason);
        BindVerdict(record.Verdict);
        Text(record.Tls.Text());
        Text(record.ServerName);
        Address(record.Upstream);
        WholeOrNone(record.Upstream?.Port ?? 0);
        Text(record.Error);
        Text(record.ErrorDetail);
        WholeOrNone(record.ClientGone ? 1 : 0);
        Text(record.ContentType);
        Url(record.Referer);
        Text(record.UserAgent);
        Text(record.Trace?.TraceId);
        Text(record.Trace?.SpanId);
        Text(record.Host);
        Text(record.Fields is { } fields ? StoredFields.Text(fields) : null);
        WholeOrNone(0);
        return _column == HistorySchema.Columns.Count ? _result : throw new InvalidOperationException("a field of records has no parameter");
    }

    /// <summary>A row that says how many records are missing.</summary>
    public int BindDropped(long id, DateTimeOffset time, long count)
    {
        (_column, _result) = (0, raw.SQLITE_OK);
        Whole(id);
        Time(time);
        while (_column < HistorySchema.Columns.Count - 1)
            Text(HistorySchema.Columns[_column].Name == Kind ? HistorySchema.Dropped : null);
        Whole(count);
        return _result;
    }

    private void BindVerdict(Verdict verdict)
    {
        Text(verdict.Outcome);
        Text(verdict.Rule);
        Text(verdict.List);
        WholeOrNone(verdict.Line);
        Text(verdict.Tags);
    }

    private void Whole(long value)
    {
        _bound[++_column] = Other;
        Note(raw.sqlite3_bind_int64(insert, _column, value));
    }

    private void WholeOrNone(long value)
    {
        if (value == 0)
            Nothing();
        else
            Whole(value);
    }

    private void Milliseconds(TimeSpan? span)
    {
        if (span is not { } value)
        {
            Nothing();
            return;
        }
        _bound[++_column] = Other;
        // Microseconds, as the access log has them.
        Note(raw.sqlite3_bind_double(insert, _column, Math.Round(value.TotalMicroseconds) / 1000));
    }

    private void Text(string? value)
    {
        if (ReferenceEquals(_bound[++_column], value))
            return;
        _bound[_column] = value;
        if (value is null)
        {
            Note(raw.sqlite3_bind_null(insert, _column));
            return;
        }
        _text.Clear();
        _text.PutUtf8(value);
        Put();
    }

    private void Nothing() => Text(null);

    private void Url(string? value) => Text(string.IsNullOrEmpty(value) ? null : SafeText.WithoutUserInfo(value));

    private void Time(DateTimeOffset value)
    {
        Begin().PutTime(value);
        Put();
    }

    private void Address(IPEndPoint? value)
    {
        if (value is null)
        {
            Nothing();
            return;
        }
        Begin().Put(value.Address);
        Put();
    }

    private LineBuffer Begin()
    {
        _bound[++_column] = Other;
        _text.Clear();
        return _text;
    }

    private void Put() => Note(raw.sqlite3_bind_text(insert, _column, _text.Written));

    private void Note(int result) => _result = _result == raw.SQLITE_OK ? result : _result;
}
