namespace Sluice.Dashboard.Pages;

/// <param name="Title">Stands above, and before each cell where the page is narrow.</param>
/// <param name="Kind"><c>n</c>: numbers, to the right. <c>main</c>: what the row is about. <c>wide</c>: a line of its own where the page is narrow. <c>act</c>: buttons.</param>
internal sealed record Column(string Title, string Kind = "");

/// <param name="Key">Of what the row is about, to find it again when the table is shown anew.</param>
internal sealed record Row(string Key, params Html[] Cells);

/// <summary>A table that becomes a card for each row where the page is narrow. The roles are said again, as a table that is laid out otherwise is none to a screen reader.</summary>
internal static class Table
{
    /// <param name="caption">Its name; not shown.</param>
    /// <param name="empty">Stands there instead where there are no rows.</param>
    public static Html Of(string caption, Column[] columns, IEnumerable<Row> rows, Html empty)
    {
        var shown = rows.Select(row => RowOf(columns, row)).ToList();
        return shown.Count == 0 ? Html.Of($"<p class=\"empty\">{empty}</p>") : Html.Of($"""
            <table role="table">
            <caption class="unseen">{caption}</caption>
            <thead role="rowgroup"><tr role="row">{columns.Select(HeadOf)}</tr></thead>
            <tbody role="rowgroup">
            {shown}</tbody>
            </table>
            """);
    }

    public static Html RowOf(Column[] columns, Row row) =>
        Html.Of($"<tr role=\"row\" data-key=\"{row.Key}\">{columns.Zip(row.Cells, CellOf)}</tr>\n");

    private static Html HeadOf(Column column) =>
        Html.Of($"<th role=\"columnheader\" scope=\"col\" class=\"{column.Kind}\">{(column.Kind == "act" ? Html.Of($"<span class=\"unseen\">{column.Title}</span>") : Html.Of($"{column.Title}"))}</th>");

    private static Html CellOf(Column column, Html cell) => Html.Of($"<td role=\"cell\" class=\"{column.Kind}{(cell.IsEmpty ? " none" : "")}\" data-label=\"{column.Title}\"><div>{cell}</div></td>");
}
