using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cache;

/// <summary>A cache, a clock and messages as text. A request is <c>GET /path</c> or <c>GET http://host/path</c>, an
/// answer its status; then field lines, separated by <c>|</c>. <c>@-10</c> in a field is the date 10 seconds ago.</summary>
internal sealed partial class CacheScenario
{
    public const string Body = "hello";

    private readonly string _scope;

    public CacheScenario(long memoryBytes = 1 << 20, long? maxEntryBytes = null, string scope = "", params CacheRuleOptions[] rules)
    {
        Cache = new HttpCache(new CacheOptions { MemoryBytes = memoryBytes, MaxEntryBytes = maxEntryBytes, Rules = rules }, Time);
        _scope = scope;
        // Off the second, so that rounding shows.
        Time.Advance(TimeSpan.FromMilliseconds(300));
    }

    public ManualTime Time { get; } = new();

    public HttpCache Cache { get; }

    public Lookup Find(string request, string? scope = null, bool bypass = false) => Cache.Find(Request(request), scope ?? _scope, bypass);

    /// <summary>The origin answers now, or took the delay.</summary>
    public Admission Receive(Lookup lookup, string answer, int delaySeconds = 0, IPEndPoint? from = null)
    {
        var sent = Moment.Now(Time);
        Time.Advance(TimeSpan.FromSeconds(delaySeconds));
        return Cache.Receive(lookup, Response(answer), new Receipt(sent, Moment.Now(Time), from));
    }

    /// <summary>Asks and lets the origin answer with a body; the admission tells what became of it.</summary>
    public Admission Fetch(string request, string answer, string body = Body, int delaySeconds = 0)
    {
        var admission = Receive(Find(request), answer, delaySeconds);
        if (admission.Writer is { } writer)
        {
            writer.Append(Encoding.Latin1.GetBytes(body));
            writer.Commit();
        }
        return admission;
    }

    public void Wait(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public static string Text(StoredReply reply) => Encoding.Latin1.GetString(reply.Body.ToArray());

    public RequestHead Request(string text)
    {
        var lines = text.Split('|');
        var (method, url) = (lines[0].Split(' ')[0], lines[0].Split(' ')[1]);
        var uri = new Uri(url.StartsWith('/') ? "http://origin.test" + url : url);
        var path = url.StartsWith('/') ? url : uri.PathAndQuery;
        return new RequestHead
        {
            Method = method, Version = ProtocolVersion.Http11, Fields = Fields(lines),
            Target = new RequestTarget(TargetForm.Absolute, uri.Scheme, uri.Host, uri.Port, path),
        };
    }

    public ResponseHead Response(string text)
    {
        var lines = text.Split('|');
        return new ResponseHead { Status = int.Parse(lines[0], CultureInfo.InvariantCulture), Fields = Fields(lines) };
    }

    private FieldList Fields(string[] lines)
    {
        var fields = new FieldList();
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':');
            var value = Dates().Replace(line[(colon + 1)..].Trim(), m =>
                HttpDate.Format(Time.GetUtcNow().AddSeconds(double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))));
            fields.Add(line[..colon], value);
        }
        return fields;
    }

    [GeneratedRegex("@([+-][0-9]+)")]
    private static partial Regex Dates();
}
