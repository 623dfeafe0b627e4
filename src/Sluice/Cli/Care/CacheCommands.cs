using System.CommandLine;

namespace Sluice.Cli.Care;

/// <summary><c>sluice cache</c>: clients of the admin API of a running proxy.</summary>
internal static class CacheCommands
{
    public static Command Command(Examples examples, Option<string> configuration)
    {
        var connection = new ConnectionOptions(configuration);
        var command = new Command("cache", "Looks into the cache of a running proxy and purges. The proxy's configuration has admin: { socket: PATH }.")
        {
            Stats(examples, connection), List(examples, connection), Show(examples, connection), Purge(examples, connection),
        };
        examples.Add(command, "sluice cache stats -c sluice.yaml", "sluice cache purge --prefix http://example.com/news/ --socket /run/sluice/admin");
        return command;
    }

    private static Command Stats(Examples examples, ConnectionOptions connection)
    {
        var command = connection.AddTo(new Command("stats", "Prints the counters of the cache and of its tiers."));
        examples.Add(command, "sluice cache stats", "sluice cache stats --json --socket /run/sluice/admin");
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.GetAsync("/v1/cache/stats", stop), CacheText.Stats));
        return command;
    }

    private static Command List(Examples examples, ConnectionOptions connection)
    {
        var host = new Option<string?>("--host") { HelpName = "HOST", Description = "Only of this host; .example.com: the domain and all below it." };
        var prefix = new Option<string?>("--prefix") { HelpName = "URL", Description = "Only URLs that begin so." };
        var tag = new Option<string?>("--tag") { HelpName = "TAG", Description = "Only what the origin tagged so (Cache-Groups, Surrogate-Key, Cache-Tag, xkey)." };
        var limit = new Option<int>("--limit") { HelpName = "N", Description = "So many at most.", DefaultValueFactory = _ => 100 };
        var route = RouteOption();
        var command = connection.AddTo(new Command("ls", "Lists what is held, in no order.") { host, prefix, tag, route, limit });
        examples.Add(command, "sluice cache ls --host example.com", "sluice cache ls --prefix http://example.com/img/ --limit 1000 --json");
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.GetAsync(
            AdminClient.Path("/v1/cache/entries", ("host", parsed.GetValue(host)), ("prefix", parsed.GetValue(prefix)), ("tag", parsed.GetValue(tag)),
                ("route", parsed.GetValue(route)), ("limit", $"{parsed.GetValue(limit)}")), stop), CacheText.List));
        return command;
    }

    private static Command Show(Examples examples, ConnectionOptions connection)
    {
        var url = new Argument<string>("url") { HelpName = "URL", Description = "As a client asks for it." };
        var field = new Option<string[]>("--header") { HelpName = "NAME: VALUE", Description = "A field of the request, such as 'Accept-Encoding: gzip'; may be given several times." };
        var route = RouteOption();
        var command = connection.AddTo(new Command("show", "Shows each stored answer of a URL, how its freshness is reckoned, and what a GET would get now and why.") { url, field, route });
        examples.Add(command, "sluice cache show http://example.com/", "sluice cache show http://example.com/ --header 'Accept-Language: de'");
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.GetAsync(
            AdminClient.Path("/v1/cache/entry", [("url", parsed.GetValue(url)), ("route", parsed.GetValue(route)),
                .. (parsed.GetValue(field) ?? []).Select(f => ("field", (string?)f))]), stop), CacheText.Show));
        return command;
    }

    private static Command Purge(Examples examples, ConnectionOptions connection)
    {
        var url = new Argument<string?>("url") { HelpName = "URL", Description = "All answers of this URL.", Arity = ArgumentArity.ZeroOrOne };
        var prefix = new Option<string?>("--prefix") { HelpName = "URL", Description = "All URLs that begin so." };
        var host = new Option<string?>("--host") { HelpName = "HOST", Description = "All of this host; .example.com: the domain and all below it." };
        var tag = new Option<string?>("--tag") { HelpName = "TAG", Description = "All that the origin tagged so (Cache-Groups, Surrogate-Key, Cache-Tag, xkey)." };
        var all = new Option<bool>("--all") { Description = "All there is." };
        var soft = new Option<bool>("--soft") { Description = "Stale instead of gone: validated before it is served again, but there if the origin fails." };
        var route = RouteOption();
        var command = connection.AddTo(new Command("purge", "Makes the cache forget.") { url, prefix, host, tag, all, soft, route });
        examples.Add(command, "sluice cache purge http://example.com/index.html", "sluice cache purge --host .example.com --soft", "sluice cache purge --tag article-17", "sluice cache purge --all");
        command.Validators.Add(result =>
        {
            string?[] named = [result.GetValue(url), result.GetValue(prefix), result.GetValue(host), result.GetValue(tag), result.GetValue(all) ? "" : null];
            if (named.Count(n => n is not null) != 1)
                result.AddError("Name what to purge, once: URL, --prefix, --host, --tag or --all.");
        });
        command.SetAction((parsed, stop) => connection.AskAsync(parsed, client => client.PostAsync("/v1/cache/purge", new Dashboard.PurgeOrder
        {
            Url = parsed.GetValue(url), Prefix = parsed.GetValue(prefix), Host = parsed.GetValue(host), Tag = parsed.GetValue(tag),
            All = parsed.GetValue(all), Soft = parsed.GetValue(soft), Route = parsed.GetValue(route),
        }, stop), CacheText.Purged));
        return command;
    }

    private static Option<string?> RouteOption() =>
        new("--route") { HelpName = "NAME", Description = "Only what came by the reverse listener of that name; '' is what forward proxying holds." };
}
