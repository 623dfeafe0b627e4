using System.Globalization;
using System.Text;
using Sluice.Records;

namespace Sluice.Cli.Logs;

/// <summary>RFC 4180: a head, and a line for each row; the columns are the keys of the JSON access log. Text comes from others, so what a spreadsheet would take for
/// a formula gets an apostrophe before it, and what is no sign (control characters, ends of lines) is <c>\xHH</c>.</summary>
internal sealed class CsvWriter(Stream to) : IRowWriter
{
    private readonly StringBuilder _line = new();

    public void Begin() => Put([.. RecordFields.All.Select(field => field.Key), "dropped"]);

    public void Write(StoredRecord row) => Put(row.Record is { } record
        ? [.. RecordFields.All.Select(field => Text(field, record)), ""]
        : [.. RecordFields.All.Select((_, i) => i == 0 ? RecordFields.All[0].Value(new ExchangeRecord { Time = row.Time }) as string ?? "" : ""), row.Dropped.ToString(CultureInfo.InvariantCulture)]);

    public void End() => Flush();

    public void Flush() => to.Flush();

    private static string Text(RecordField field, ExchangeRecord record) => field.Value(record) switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        string text => Harmless(text),
        var number => Convert.ToString(number, CultureInfo.InvariantCulture)!,
    };

    private static string Harmless(string text)
    {
        var safe = Care.AdminText.Safe(text);
        return safe.Length > 0 && safe[0] is '=' or '+' or '-' or '@' ? "'" + safe : safe;
    }

    private void Put(IReadOnlyList<string> cells)
    {
        _line.Clear();
        for (var i = 0; i < cells.Count; i++)
        {
            _line.Append(i == 0 ? "" : ",");
            if (cells[i].AsSpan().ContainsAny(',', '"'))
                _line.Append('"').Append(cells[i].Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            else
                _line.Append(cells[i]);
        }
        to.Write(Encoding.UTF8.GetBytes(_line.Append("\r\n").ToString()));
    }
}
