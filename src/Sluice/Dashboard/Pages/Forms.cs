using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard.Pages;

/// <summary>The fields of forms that ask, filled with what was asked.</summary>
internal static class Forms
{
    /// <summary>Null where nothing is written.</summary>
    public static string? Value(IQueryCollection given, string name) => given[name].ToString().Trim() is { Length: > 0 } text ? text : null;

    public static Html Text(IQueryCollection given, string name, string label, string hint, string kind = "", bool isRequired = false) => Html.Of($"""
        <label class="{kind}">{label} <input name="{name}" value="{given[name].ToString()}" placeholder="{hint}" autocapitalize="none" autocomplete="off" spellcheck="false"{(isRequired ? Html.Of($" required") : Html.Empty)}></label>

        """);

    /// <param name="options">The empty one stands for any.</param>
    public static Html Choice(IQueryCollection given, string name, string label, IEnumerable<string> options) => Html.Of($"""
        <label>{label} <select name="{name}">{options.Select(option => Html.Of($"<option value=\"{option}\"{(given[name] == option ? Html.Of($" selected") : Html.Empty)}>{(option.Length == 0 ? "any" : option)}</option>"))}</select></label>

        """);

    public static Html Check(IQueryCollection given, string name, string label) => Html.Of($"""
        <label class="check"><input type="checkbox" name="{name}" value="true"{(given[name] == "true" ? Html.Of($" checked") : Html.Empty)}> {label}</label>

        """);
}
