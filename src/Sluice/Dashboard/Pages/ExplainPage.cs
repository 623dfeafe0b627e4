using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Policy;

namespace Sluice.Dashboard.Pages;

/// <summary>What would become of a request: the form and its answer.</summary>
internal static class ExplainPage
{
    public static void Map(IEndpointRouteBuilder app, Site site) => app.Get("/explain", async context =>
    {
        var answer = await AnswerAsync(site, context.Request.Query);
        return site.Page(context, "Explain", Html.Of($"{Form(site, context.Request.Query)}{answer}"));
    });

    private static Html Form(Site site, IQueryCollection given)
    {
        var explainer = site.Administered.Explainer();
        return Html.Of($"""
            <p>What would become of a request, and why. It counts as no hit, and dials nothing.</p>
            <form action="/explain" class="fields">
            {Forms.Text(given, "url", "URL", "http://example.com/path, or host:port with CONNECT", "wide", isRequired: true)}
            {Forms.Choice(given, "method", "Method", ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT"])}
            {Forms.Choice(given, "listener", "Listener", explainer.Listeners.Count == 0 ? [""] : explainer.Listeners.Select(listener => listener.Name))}
            {Forms.Text(given, "client", "Client", "10.0.0.7")}
            {Forms.Text(given, "user", "User", "nobody")}
            {Forms.Text(given, "at", "At", "2026-09-01T10:00:00Z")}
            {Forms.Text(given, "sni", "Server name (SNI)", "or none, not-tls")}
            {Forms.Text(given, "field", "Field of the request", "Accept-Language: de", "wide")}
            <div class="do"><button class="first">Explain</button></div>
            </form>
            """);
    }

    private static async Task<Html> AnswerAsync(Site site, IQueryCollection given)
    {
        if (Forms.Value(given, "url") is null)
            return Html.Empty;
        var listener = Forms.Value(given, "listener");
        var explainer = site.Administered.Explainer();
        var order = new ExplainOrder
        {
            Method = Forms.Value(given, "method"), Url = Forms.Value(given, "url"), Client = Forms.Value(given, "client"), User = Forms.Value(given, "user"), Listener = listener,
            At = Forms.Value(given, "at"), Sni = Forms.Value(given, "sni"), Fields = Forms.Value(given, "field") is { } field ? [field] : [],
        };
        try
        {
            return Answer(await order.AnswerAsync(explainer));
        }
        catch (AdminProblemException problem)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{problem.Message}</span>"));
        }
    }

    private static Html Answer(ExplainReport report) => Html.Of($"""
        <section id="answer" aria-label="Answer">
        {Layout.Box(report.Verdict == "deny" ? "bad" : report.Verdict == "report" ? "warn" : "good", Verdict(report))}
        <h2>Rules</h2>
        {(report.Rules.Count == 0 ? Html.Of($"<p class=\"empty\">{(report.Policy is null ? "This listener has no policy." : "The policy was not asked, or has no rules.")}</p>")
            : Html.Of($"<ol class=\"trials\">{report.Rules.Select(Rule)}</ol>"))}
        <div class="two">
        <div><h2>Dialling</h2>{Dial(report.Dial)}</div>
        <div><h2>Cache</h2><p>{(report.Cache.Verdict == "none" ? Html.Empty : Html.Of($"<span class=\"tag\">{report.Cache.Verdict}</span> "))}{report.Cache.Reason}</p></div>
        </div>
        </section>
        """);

    private static Html Verdict(ExplainReport report)
    {
        var word = report.Verdict switch { "deny" => "Refused", "report" => "Let through, but noted", _ => "Allowed" };
        var by = report.Rule is null ? report.Policy is null ? "no policy is asked" : $"the default of policy {report.Policy}" : $"rule {report.Rule}";
        var where = report.List is null ? "" : $", {System.IO.Path.GetFileName(report.List)}:{report.Line}";
        return Html.Of($"""
            <h2>{word} by {by}{where}</h2>
            {(report.Reason.Length == 0 ? Html.Empty : Html.Of($"<p>{report.Status} {report.Reason}</p>"))}
            <dl class="inline">{Fact("Listener", report.Listener)}{Fact("Policy", report.Policy)}{Fact("Redirect", report.Redirect)}{Fact("Tags", report.Tags)}{Fact("Cache", report.BypassesCache ? "bypassed" : null)}{Fact("Upstream", report.Upstream)}{Fact("Dial as", report.DialAs)}{Fact("Captured by", report.CapturedBy)}</dl>
            """);
    }

    private static Html Fact(string name, string? value) => value is null ? Html.Empty : Html.Of($"<div><dt>{name}</dt><dd class=\"wrap\">{value}</dd></div>");

    private static Html Rule(ExplainedRule rule) => Html.Of($"""
        <li class="{rule.Outcome}"><div class="trial"><strong>{rule.Rule}</strong> <span class="tag">{rule.Action}</span> <span class="outcome">{Outcome(rule.Outcome)}</span></div>
        {(rule.Conditions.Count == 0 ? Html.Empty : Html.Of($"<ul>{rule.Conditions.Select(Condition)}</ul>"))}</li>
        """);

    private static string Outcome(string outcome) => outcome switch
    {
        "matched" => "matched",
        "not-matched" => "did not match",
        "on-trial" => "matched, on trial: only noted",
        "on-reply" => "waits for the answer",
        _ => "not reached",
    };

    private static Html Condition(ConditionTrial condition) =>
        Html.Of($"<li class=\"{(condition.Holds ? "holds" : "fails")}\"><span class=\"unseen\">{(condition.Holds ? "holds" : "does not hold")}: </span><code>{condition.Name}</code> <span class=\"wrap\">{condition.Text}</span></li>");

    private static Html Dial(ExplainedDial dial) => Html.Of($"""
        {(dial.To is null ? Html.Empty : Html.Of($"<p><code>{dial.To}</code></p>"))}
        {(dial.WhyNot is null ? Html.Empty : Html.Of($"<p>Nothing is dialled: {dial.WhyNot.TrimEnd('.')}.</p>"))}
        {(dial.Addresses.Count == 0 ? Html.Empty : Html.Of($"<ul class=\"lines\">{dial.Addresses.Select(Address)}</ul>"))}
        """);

    private static Html Address(ExplainedAddress address) => Html.Of($"""
        <li><code>{address.Address}</code> <span class="tag {(address.Admitted ? "good" : "bad")}">{(address.Admitted ? "may be dialled" : "may not be dialled")}</span>
        {(address.OwnListener ? Html.Of($"<span class=\"tag\">our own listener</span>") : Html.Empty)}{address.Classes.Select(name => Html.Of($"<span class=\"tag\">{name}</span> "))}</li>
        """);
}
