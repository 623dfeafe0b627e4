using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>The configuration in force, and what became of the last reload.</summary>
internal static class ConfigurationPage
{
    private const string Path = "/configuration";

    private static readonly Column[] ListenerColumns = [new("Listener", "main"), new("Kind"), new("Address", "wide"), new("Open connections", "n")];

    private static readonly Column[] OutputColumns = [new("Records go to", "main"), new("Written", "n"), new("Dropped", "n"), new("Failures", "n")];

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get(Path, context => site.Page(context, "Configuration", Body(site, context), refresh: 5));
        app.Post(Path + "/reload", (_, _) => site.TryAsync(Path, async () => await site.Administered.Reload() is { IsRefused: false } state
            ? $"Generation {state.Generation} is in force; all lists have been read again."
            : throw new AdminProblemException(StatusCodes.Status409Conflict, "The configuration is not taken: what is wrong with it stands below. The one before stays in force.")));
    }

    private static Html Body(Site site, HttpContext context)
    {
        var (state, program) = (site.Administered.Configuration(), site.Administered.Program());
        return Html.Of($"""
            <section id="state" data-live>
            <dl class="figures">
            <div><dt>Generation</dt><dd>{state.Generation}</dd></div>
            <div><dt>In force since</dt><dd>{Figures.When(state.Since, site.Now)}</dd></div>
            <div><dt>Last reload tried</dt><dd>{Figures.When(state.Tried, site.Now)}</dd></div>
            <div><dt>Sluice started</dt><dd>{Figures.When(program.Started, site.Now)}</dd></div>
            </dl>
            {Problems(state)}
            {Waiting(state)}
            </section>
            <section id="listeners" data-live>
            <h2>Listeners</h2>
            {Table.Of("Listeners", ListenerColumns, program.Listeners.Select(ListenerRow), Html.Of($"There is none."))}
            </section>
            <section id="outputs" data-live>
            <h2>Records</h2>
            {Table.Of("Where records go", OutputColumns, program.Outputs.Select(OutputRow), Html.Of($"Records go nowhere: <code>logs.access</code> is off, and there is no history."))}
            </section>
            <section>
            <h2>Reload</h2>
            <p>Reads the configuration and all lists again. A configuration with a fault in it is not taken; exchanges that are open end under the one under which they began.</p>
            {Layout.Button(context, Path + "/reload", "Reload", "Reload the configuration")}
            </section>
            """);
    }

    private static Row ListenerRow(ListenerFacts listener) => new(listener.Name,
        Html.Of($"<span class=\"wrap\">{listener.Name}</span>"), Html.Of($"{listener.Kind}"), Html.Of($"<code>{listener.Address}</code>"), Html.Of($"{Figures.Count(listener.Open)}"));

    private static Row OutputRow(OutputState output) => new(output.Name,
        Html.Of($"<span class=\"wrap\">{output.Name}</span>{(output.Failing is { } why ? Html.Of($"<div class=\"fault\">{why}</div>") : Html.Empty)}"),
        Html.Of($"{Figures.Count(output.Written)}"), Html.Of($"{Figures.Count(output.Dropped)}"), Html.Of($"{Figures.Count(output.Failures)}"));

    private static Html Problems(ConfigurationState state) => state.IsRefused
        ? Layout.Box("bad", Html.Of($"""
            <h2>The last reload was refused</h2>
            <p>Generation {state.Generation} stays in force.</p>
            <ul class="lines">{state.Problems.Select(problem => Html.Of($"<li><code>{problem}</code></li>"))}</ul>
            """))
        : state.Tried is null ? Html.Empty : Layout.Box("good", Html.Of($"The last reload was taken."));

    private static Html Waiting(ConfigurationState state) => state.AtNextStart.Count == 0 ? Html.Empty : Layout.Box("warn", Html.Of($"""
        <h2>Waiting for the next start</h2>
        <p>These keys have changed and take effect when Sluice starts again.</p>
        <ul class="lines">{state.AtNextStart.Select(key => Html.Of($"<li><code>{key}</code></li>"))}</ul>
        """));
}
