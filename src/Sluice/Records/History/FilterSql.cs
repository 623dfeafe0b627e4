using Microsoft.Data.Sqlite;
using Sluice.Records.Formats;

namespace Sluice.Records.History;

/// <summary>A filter as the conditions of a statement. It finds what <see cref="RecordFilter.Matches"/> matches, but for times, which the history has in milliseconds.</summary>
internal sealed class FilterSql
{
    /// <summary>The function that says whether a client is in the filter's network.</summary>
    private const string InNetwork = "in_network";

    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object Value)> _values = [];
    private readonly RecordFilter _filter;

    public FilterSql(RecordFilter filter)
    {
        _filter = filter;
        if (filter.Since is { } since)
        {
            // No exchange ends before it begins: so far no index is needed.
            Add("id >= @since_id", ("@since_id", HistorySchema.IdAt(since)));
            Add("time >= @since", ("@since", Text(since)));
        }
        Add("time < @until", "@until", filter.Until is { } until ? Text(until) : null);
        Add("kind = @kind", "@kind", filter.Kind is { } kind ? HistorySchema.Name(kind) : null);
        if (filter.Status is { } status)
            Add("ifnull(http_response_status_code, 0) BETWEEN @first AND @last AND dropped IS NULL", ("@first", status.First), ("@last", status.Last));
        Add("verdict = @verdict", "@verdict", filter.Verdict);
        Add("cache = @cache", "@cache", filter.Cache is { } cache ? HistorySchema.Name(cache) : null);
        Add("http_request_method = @method COLLATE NOCASE", "@method", filter.Method);
        Add("listener = @listener", "@listener", filter.Listener);
        Add("user_name = @user", "@user", filter.User);
        Add("rule = @rule", "@rule", filter.Rule);
        if (filter.Error == RecordFilter.AnyError)
            Add("error_type IS NOT NULL");
        else
            Add("error_type = @error", "@error", filter.Error);
        if (filter.Client is not null)
            Add($"{InNetwork}(client_address)");
        if (filter.Host is { } host)
            AddHost(host.Name, host.MatchesItself, host.MatchesBelow);
        Add("instr(url_full, @url) > 0", "@url", filter.Url);
    }

    /// <summary>The statement with these and further conditions.</summary>
    /// <param name="select">Up to FROM and the table.</param>
    /// <param name="further">Null: none.</param>
    /// <param name="rest">ORDER BY and LIMIT.</param>
    public SqliteCommand On(SqliteConnection connection, string select, string? further, string rest)
    {
        List<string> all = further is null ? _conditions : [further, .. _conditions];
        var command = connection.CreateCommand();
        command.CommandText = $"{select}{(all.Count == 0 ? "" : " WHERE ")}{string.Join(" AND ", all)} {rest}";
        foreach (var (name, value) in _values)
            command.Parameters.AddWithValue(name, value);
        if (_filter.Client is { } client)
            connection.CreateFunction(InNetwork, (string? address) => System.Net.IPAddress.TryParse(address, out var parsed) && client.Contains(parsed), isDeterministic: true);
        return command;
    }

    private void AddHost(string name, bool itself, bool below)
    {
        List<string> either = [];
        if (itself)
            either.Add($"{HistorySchema.Host} = @host");
        if (below)
            either.Add($"substr({HistorySchema.Host}, -length(@below)) = @below");
        Add($"({string.Join(" OR ", either)})", ("@host", name), ("@below", "." + name));
    }

    private void Add(string condition, string name, string? value)
    {
        if (value is not null)
            Add(condition, (name, value));
    }

    private void Add(string condition, params ReadOnlySpan<(string Name, object Value)> values)
    {
        _conditions.Add(condition);
        _values.AddRange(values);
    }

    private static string Text(DateTimeOffset time) => System.Text.Encoding.ASCII.GetString(new LineBuffer(32).PutTime(time).Written);
}
