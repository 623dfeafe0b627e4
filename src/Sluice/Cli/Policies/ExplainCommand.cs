using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cli.Care;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Cli.Policies;

/// <summary><c>sluice explain</c>: asks the running proxy, or judges by the files.</summary>
internal static class ExplainCommand
{
    public static Command Command(Examples examples, Option<string> configuration)
    {
        var method = new Argument<string>("method") { HelpName = "METHOD", Description = "As it is sent: GET, POST, CONNECT ..." };
        var url = new Argument<string>("url") { HelpName = "URL", Description = "As a client asks for it; host:port with CONNECT." };
        var client = new Option<string?>("--client") { HelpName = "IP", Description = "The address of who asks." };
        var user = new Option<string?>("--user") { HelpName = "NAME", Description = "Who has logged in." };
        var group = new Option<string[]>("--group") { HelpName = "NAME", Description = "A group of that user, instead of those of the configuration; may be given several times." };
        var at = new Option<string?>("--at") { HelpName = "TIME", Description = "When it is asked, as in 2026-09-01T10:00:00+02:00; else now." };
        var sni = new Option<string?>("--sni") { HelpName = "NAME", Description = "The server name that the TLS in a tunnel asks for; none: it names nobody; not-tls: it is no TLS." };
        var header = new Option<string[]>("--header") { HelpName = "NAME: VALUE", Description = "A field of the request; may be given several times." };
        var listener = new Option<string?>("--listener") { HelpName = "NAME", Description = "By which listener it comes, if there are several." };
        var policy = new Option<string?>("--policy") { HelpName = "NAME", Description = "The policy that judges, whatever listener has it." };
        var connection = new ConnectionOptions(configuration);
        var command = connection.AddTo(new Command("explain", "Says what would become of a request and why: each rule, the addresses that would be dialled, the cache. Counts nothing.")
        {
            method, url, client, user, group, at, sni, header, listener, policy,
        });
        examples.Add(command, "sluice explain GET http://ads.example/banner.js --client 10.1.2.3", "sluice explain CONNECT games.example:443 --at 2026-09-01T10:00:00+02:00 --policy school");
        command.SetAction((parsed, stop) =>
        {
            var order = new ExplainOrder
            {
                Method = parsed.GetRequiredValue(method), Url = parsed.GetRequiredValue(url), Client = parsed.GetValue(client), User = parsed.GetValue(user), Groups = parsed.GetValue(group) ?? [], At = parsed.GetValue(at), Sni = parsed.GetValue(sni),
                Listener = parsed.GetValue(listener), Policy = parsed.GetValue(policy), Fields = parsed.GetValue(header) ?? [],
            };
            return connection.AskAsync(parsed, proxy => proxy.GetAsync(AdminClient.Path("/v1/policy/explain", order.Written), stop),
                body => ExplainText.Write($"{order.Method} {order.Url}", AdminText.Read<ExplainReport>(body), Streams.Of(parsed).Output), configured => ByTheFilesAsync(configured, order));
        });
        return command;
    }

    private static async Task<AdminAnswer> ByTheFilesAsync(Configuration configuration, ExplainOrder order)
    {
        await using var censor = Censor.Load(configuration.Policies, TimeProvider.System, NullLogger.Instance).Censor;
        try
        {
            var report = await order.AnswerAsync(new Explainer(censor, new Dialer(TimeProvider.System, configuration.Resolver), Proxy.GatesOf(configuration, censor), configuration.Users, cache: null));
            return new AdminAnswer(JsonSerializer.SerializeToElement(report, JsonSerializerOptions.Web), null, false);
        }
        catch (AdminProblemException problem)
        {
            return new AdminAnswer(default, problem.Message, IsOurFault: true);
        }
    }
}
