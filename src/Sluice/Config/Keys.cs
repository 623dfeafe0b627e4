using Sluice.Records;

namespace Sluice.Config;

internal enum KeyKind
{
    Section,
    Sections,
    NamedSections,
    Text,
    Choice,
    Flag,
    Whole,
    Size,
    Duration,
    Bind,
    Destination,
    Networks,
    Ports,
    Hosts,
    Words,
    Statuses,
    QueryNames,
    Patterns,
    Groups,
    Age,
    Path,
    AccessLog,
    FlagOrSection,
    Resolver,
    Headers,
    Ratio,
}

/// <summary>One key of the configuration.</summary>
/// <param name="Path">As in <c>listeners[].bind</c>, <c>policies.*.default</c>.</param>
/// <param name="Default">As one would write it, or in words where there is no value to write; null: the key is required.</param>
/// <param name="Doc">One line.</param>
internal sealed record Key(string Path, KeyKind Kind, string? Default, string Doc)
{
    /// <summary>What a <see cref="KeyKind.Choice"/> may be.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Bounds of a number or a size, both included.</summary>
    public long Min { get; init; }

    public long Max { get; init; } = long.MaxValue;

    /// <summary>Whether <see cref="Default"/> is a value that could be written.</summary>
    public bool DefaultIsValue { get; init; }

    /// <summary>A value to show where it is missing; null: its kind tells one.</summary>
    public string? Example { get; init; }

    public bool Required => Default is null;

    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>The path of the section that holds it; empty at the top.</summary>
    public string Parent => Path.LastIndexOf('.') is var dot && dot < 0 ? "" : Path[..dot];
}

/// <summary>The keys of one kind of file.</summary>
internal sealed class KeyTable(IReadOnlyList<Key> all)
{
    private readonly ILookup<string, Key> _children = all.ToLookup(k => k.Parent);
    private readonly Dictionary<string, Key> _byPath = all.ToDictionary(k => k.Path);

    public IEnumerable<Key> Under(string path) => _children[path];

    /// <exception cref="KeyNotFoundException">The table lacks a key that a reader asks for: a bug.</exception>
    public Key Get(string path) => _byPath[path];

    public Key? Find(string path) => _byPath.GetValueOrDefault(path);
}

/// <summary>
/// Every key there is. The reader's unknown-key messages and bounds, the JSON Schema and the tables of
/// docs/configuration.md come from here or are held against it by a test: a new option is a row here, a line in its
/// section's reader, and its row in the docs.
/// </summary>
internal static class Keys
{
    private const long Int = int.MaxValue;

    public static readonly IReadOnlyList<Key> All =
    [
        Req("listeners", KeyKind.Sections, "Where clients are served; at least one."),
        new("listeners[].name", KeyKind.Text, "kind@bind", "Unique name, in log records and messages."),
        Pick("listeners[].kind", null, "What the listener does for its clients.", "forward", "reverse", "tcp"),
        Req("listeners[].bind", KeyKind.Bind, "Address and port: 127.0.0.1:3128, \"[::1]:3128\", or :8080 or 8080 for all addresses. Port 0: a free one."),
        new("listeners[].to", KeyKind.Destination, "none", "The upstream. reverse: http://host:port or https://host. tcp: host:port. Required for both."),
        new("listeners[].allow", KeyKind.Networks, "all clients", "The client networks that are served. Required for a forward listener that is not on loopback."),
        new("listeners[].purge", KeyKind.Networks, "nobody", "The client networks whose PURGE requests are obeyed; anywhere else PURGE is refused."),
        new("listeners[].login", KeyKind.Flag, "false", "true: whoever asks must log in as one of users. forward only.") { DefaultIsValue = true },
        new("listeners[].policy", KeyKind.Text, "none: all is allowed", "The name of a policy."),
        new("listeners[].forwarded", KeyKind.Flag, "reverse: true, forward: false", "Whether Forwarded and X-Forwarded-* tell the upstream who asked."),
        new("listeners[].upstream", KeyKind.Section, "with its defaults", "How a reverse listener speaks to its upstream."),
        new("listeners[].upstream.ca", KeyKind.Path, "the system's", "A PEM file: the only certificates that may vouch for an https upstream."),
        new("listeners[].upstream.serverName", KeyKind.Text, "the host of to", "The name that an https upstream is asked for and must prove."),
        new("listeners[].upstream.http2", KeyKind.Flag, "false", "true: HTTP/2 and nothing else, without TLS too; gRPC needs it.") { DefaultIsValue = true },

        new("cache", KeyKind.Section, "with its defaults", "The cache."),
        Size("cache.memory", "256MiB", "What the memory tier may hold; 0: nothing.", 0, long.MaxValue),
        Size("cache.maxEntry", "an eighth of memory", "The largest body that is kept in memory.", 1, long.MaxValue, isValue: false),
        new("cache.disk", KeyKind.Section, "none", "What is kept over a restart, and what memory has no room for."),
        Req("cache.disk.path", KeyKind.Path, "A folder of its own; made if the one it is in exists."),
        Size("cache.disk.size", null, "What its files may take together.", 16 << 20, long.MaxValue, isValue: false),
        Size("cache.disk.maxEntry", "an eighth of size", "The largest body that is kept on disk.", 1, long.MaxValue, isValue: false),
        new("cache.rules", KeyKind.Sections, "none", "Rules in order; the first that matches and says something about it decides."),
        Req("cache.rules[].id", KeyKind.Text, "Unique; named where the rule has decided."),
        new("cache.rules[].hosts", KeyKind.Words, "every host", "Condition: the host: a.example, .a.example with all below it, \"*.a.example\" what is below it."),
        new("cache.rules[].paths", KeyKind.Words, "every path", "Condition: the path, without query; * is any text, slashes too."),
        new("cache.rules[].types", KeyKind.Words, "every type", "Condition: the answer's media type, as in image/*."),
        new("cache.rules[].status", KeyKind.Statuses, "[200, 203, 206, 300, 301, 308]", "Condition: the answer's status, as in 404 or 4xx."),
        new("cache.rules[].ttl", KeyKind.Age, "as the origin says", "How long an answer is fresh for which the origin names no lifetime."),
        new("cache.rules[].override", KeyKind.Flag, "false", "true: ttl, staleWhileRevalidate and staleIfError hold also where the origin says otherwise.") { DefaultIsValue = true },
        new("cache.rules[].minTtl", KeyKind.Age, "none", "The least lifetime."),
        new("cache.rules[].maxTtl", KeyKind.Age, "none", "The greatest lifetime."),
        new("cache.rules[].staleWhileRevalidate", KeyKind.Age, "as the origin says", "How long a stale answer is served while it is refreshed."),
        new("cache.rules[].staleIfError", KeyKind.Age, "as the origin says", "How long a stale answer stands in for an error of the origin."),
        new("cache.rules[].ignoreQuery", KeyKind.QueryNames, "none", "Query parameters that make no difference, by name, * is any text; or all."),
        new("cache.rules[].sortQuery", KeyKind.Flag, "false", "true: the order of query parameters makes no difference.") { DefaultIsValue = true },
        new("cache.rules[].ignoreReload", KeyKind.Flag, "false", "true: a client's no-cache or max-age=0 does not make us ask the origin.") { DefaultIsValue = true },
        new("cache.rules[].bypass", KeyKind.Flag, "false", "true: nothing is served from the cache and nothing stored.") { DefaultIsValue = true },

        new("users", KeyKind.Section, "none", "Who may log in to listeners with login."),
        Req("users.file", KeyKind.Path, "Names and bcrypt hashes as htpasswd -B writes them, reloaded when it changes."),
        new("users.realm", KeyKind.Text, "Sluice", "What clients show where they ask for the password; printable ASCII."),
        new("users.groups", KeyKind.Groups, "none", "Names of users by the name of their group."),

        new("upstreams", KeyKind.NamedSections, "none", "Upstreams by name; rules route to them."),
        Req("upstreams.*.to", KeyKind.Destination, "http://host:port or https://host."),
        new("upstreams.*.ca", KeyKind.Path, "the system's", "A PEM file: the only certificates that may vouch for it."),
        new("upstreams.*.serverName", KeyKind.Text, "the host of to", "The name that it is asked for and must prove."),
        new("upstreams.*.http2", KeyKind.Flag, "false", "true: HTTP/2 and nothing else, without TLS too.") { DefaultIsValue = true },

        new("policies", KeyKind.NamedSections, "none", "Policies by name; listeners refer to them."),
        Pick("policies.*.default", null, "What holds where no rule matches.", "allow", "deny"),
        Pick("policies.*.mode", "enforce", "report: nothing is refused, what would have been is noted in the records.", "enforce", "report"),
        new("policies.*.destinations", KeyKind.Section, "with its defaults", "The addresses that clients of forward listeners may have dialled."),
        new("policies.*.destinations.deny", KeyKind.Words, "loopback, this-network, link-local and metadata where the listener is not on loopback, else nothing", "Classes (loopback, private, link-local, metadata, shared, multicast, documentation, benchmarking, this-network, reserved) and networks."),
        new("policies.*.destinations.allow", KeyKind.Words, "nothing", "Classes and networks that may be dialled although deny names them."),
        new("policies.*.rules", KeyKind.Sections, "none", "Rules in order; the first that matches and decides is the last that is tried."),
        Req("policies.*.rules[].id", KeyKind.Text, "Unique in its policy; named in log records and on the page that refuses."),
        new("policies.*.rules[].deny", KeyKind.Flag, "false", "true: what matches is refused."),
        new("policies.*.rules[].allow", KeyKind.Flag, "false", "true: what matches is let through, and no rule after this one is tried."),
        Pick("policies.*.rules[].mode", "enforce", "report: what deny would refuse is noted in the record, and the next rule is tried.", "enforce", "report"),
        new("policies.*.rules[].clients", KeyKind.Networks, "every client", "Condition: the client's network, as in 10.1.0.0/16."),
        new("policies.*.rules[].listeners", KeyKind.Words, "every listener", "Condition: the name of the listener."),
        new("policies.*.rules[].users", KeyKind.Words, "every user", "Condition: the name of the user who has logged in."),
        new("policies.*.rules[].groups", KeyKind.Words, "every user", "Condition: a group of that user."),
        new("policies.*.rules[].schemes", KeyKind.Words, "every scheme", "Condition: http, https, or connect for tunnels."),
        new("policies.*.rules[].hosts", KeyKind.Hosts, "every host", "Condition: list lines, or { file: PATH } or { url: URL } for a list."),
        new("policies.*.rules[].hosts.file", KeyKind.Path, "none", "A list file, reloaded when it changes."),
        new("policies.*.rules[].hosts.url", KeyKind.Text, "none", "A list at a URL (http or https) of which a copy is kept: lists."),
        new("policies.*.rules[].filters", KeyKind.Words, "every request", "Condition: files and URLs of filters (Adblock Plus, uBlock Origin) that work as one, reloaded when they change."),
        new("policies.*.rules[].ports", KeyKind.Ports, "every port", "Condition: the port, as in 443 or 8000-8999."),
        new("policies.*.rules[].methods", KeyKind.Words, "every method", "Condition: the method, as in GET."),
        new("policies.*.rules[].paths", KeyKind.Words, "every path", "Condition: the path, without query, with case; * is any text. A tunnel has none."),
        new("policies.*.rules[].urls", KeyKind.Words, "every URL", "Condition: the whole URL, without case; * is any text; or regex: and a regular expression."),
        new("policies.*.rules[].query", KeyKind.Patterns, "every query", "Condition: parameters and what their values look like; null: it must be absent."),
        new("policies.*.rules[].headers", KeyKind.Patterns, "every request", "Condition: fields of the request and what their values look like; null: it must be absent."),
        new("policies.*.rules[].times", KeyKind.Sections, "always", "Condition: one of these windows of time."),
        new("policies.*.rules[].times[].days", KeyKind.Text, "every day", "Days, as in mon-fri or sat,sun."),
        new("policies.*.rules[].times[].from", KeyKind.Text, "00:00", "The first minute."),
        new("policies.*.rules[].times[].to", KeyKind.Text, "24:00", "The minute that is no longer in it; before from: on the next day."),
        new("policies.*.rules[].times[].zone", KeyKind.Text, "this machine's", "The time zone, as in Europe/Berlin."),
        new("policies.*.rules[].tls", KeyKind.Words, "every request", "Condition: what a tunnel begins with: match, mismatch, by-address, no-sni, not-tls, malformed, ech."),
        new("policies.*.rules[].reply", KeyKind.Section, "every answer", "Conditions on the answer's head, judged before a byte of its body is passed on."),
        new("policies.*.rules[].reply.status", KeyKind.Statuses, "every status", "The status, as in 404 or 5xx."),
        new("policies.*.rules[].reply.types", KeyKind.Words, "every type", "The media type, as in video/*."),
        Size("policies.*.rules[].reply.larger", "any size", "Content-Length is more than this.", 0, long.MaxValue, isValue: false),
        Whole("policies.*.rules[].status", "403", "The status of the refusal.", 400, 599),
        new("policies.*.rules[].reason", KeyKind.Text, "a stock sentence", "Why, for the person who is refused."),
        Pick("policies.*.rules[].refusal", "page", "page: says why. empty: 200 with nothing in it, in the type that was asked for. reset: the connection is reset.", "page", "empty", "reset"),
        new("policies.*.rules[].redirect", KeyKind.Text, "nowhere", "The URL where who is refused is sent (302)."),
        new("policies.*.rules[].tag", KeyKind.Text, "none", "A word for the record of what matches."),
        new("policies.*.rules[].bypassCache", KeyKind.Flag, "false", "true: what matches is neither stored nor served from the cache.") { DefaultIsValue = true },
        new("policies.*.rules[].capture", KeyKind.Flag, "false", "true: the octets of what matches are written into the files of capture.") { DefaultIsValue = true },
        new("policies.*.rules[].route", KeyKind.Text, "where it would go anyway", "The name of the upstream where what matches goes."),
        new("policies.*.rules[].dialAs", KeyKind.Text, "the host that is asked for", "The host that is dialled instead; the request stays as it is."),
        new("policies.*.rules[].limit", KeyKind.Section, "none", "How much of what matches may be taken."),
        new("policies.*.rules[].limit.requests", KeyKind.Whole, "any number", "Requests in any stretch of every; what is beyond is refused (429).") { Min = 1, Max = Int },
        Time("policies.*.rules[].limit.every", "1s", "The stretch of time."),
        Size("policies.*.rules[].limit.bandwidth", "any", "Octets a second of bodies and tunnels, both directions together; what is beyond waits.", 8 << 10, 1 << 30, isValue: false),
        Pick("policies.*.rules[].limit.per", "client", "Whose use is counted together: each client's (its user where there is a login, else its address), or all that match the rule.", "client", "rule"),

        new("lists", KeyKind.Section, "with its defaults", "The lists that rules name by URL."),
        new("lists.folder", KeyKind.Path, "none", "Where their copies are kept; made if the folder that it is in exists. Required where a rule names a URL."),
        Time("lists.every", "24h", "How often each is asked for, 1m or more; up to a tenth is added at random."),
        Size("lists.maxSize", "64MiB", "What one may have, decompressed.", 1 << 10, 512 << 20),

        new("logs", KeyKind.Section, "with its defaults", "The logs."),
        new("logs.access", KeyKind.AccessLog, "with its defaults", "One record for each exchange: where to and how; a list for several places at once; off: nowhere."),
        Pick("logs.access.format", "readable", "How a record is written.", "readable", "json", "combined", "squid"),
        new("logs.access.to", KeyKind.Path, "stdout", "stdout, a file's path, syslog://host:port (UDP), syslog+tcp://host:port, or syslog:///dev/log.") { DefaultIsValue = true },
        Pick("logs.access.facility", "local0", "To syslog: the facility.", [.. Enum.GetNames<SyslogFacility>().Select(name => name.ToLowerInvariant())]),
        new("logs.access.appName", KeyKind.Text, "sluice", "To syslog: APP-NAME.") { DefaultIsValue = true },
        new("logs.redact", KeyKind.Section, "with its defaults", "What nobody is to read in records, in any of them."),
        new("logs.redact.query", KeyKind.Words, "nothing", "Parameters of URLs whose values are hidden, by name without case, * is any text."),
        new("logs.redact.cookies", KeyKind.Words, "[\"*\"]", "Cookies whose values are hidden where logs.fields names Cookie or Set-Cookie.") { DefaultIsValue = true },
        new("logs.redact.headers", KeyKind.Words, "those with credentials", "Further fields of logs.fields whose values are hidden."),
        new("logs.anonymise", KeyKind.FlagOrSection, "false", "true: client addresses are cut, after all rules have been judged by the whole; or a map.") { DefaultIsValue = true },
        Whole("logs.anonymise.ipv4", "24", "The bits of an IPv4 address that are kept.", 0, 31) with { DefaultIsValue = false },
        Whole("logs.anonymise.ipv6", "48", "The bits of an IPv6 address that are kept.", 0, 127) with { DefaultIsValue = false },
        new("logs.fields", KeyKind.Section, "none", "Further fields that are recorded, in json."),
        new("logs.fields.request", KeyKind.Words, "none", "Of requests, by name."),
        new("logs.fields.response", KeyKind.Words, "none", "Of responses, by name."),

        new("logs.history", KeyKind.Section, "off", "The records of the last days in an SQLite database, which sluice logs and the admin API ask."),
        Req("logs.history.path", KeyKind.Path, "The database file; made where it is not, its folder must exist. Files beside it begin with its name."),
        new("logs.history.keep", KeyKind.Age, "7d", "How long a record is kept after its exchange ended, 1m or more."),
        Size("logs.history.size", "1GiB", "What its files may take together: the oldest records go first.", HistoryOptions.LeastBytes, long.MaxValue, isValue: false),

        new("capture", KeyKind.Section, "with its defaults", "Where rules with capture write what passes, as pcapng."),
        new("capture.folder", KeyKind.Path, "none", "A folder of its own for files of mode 0600, in which passwords stand; made if the one it is in exists. Required where a rule has capture."),
        Size("capture.size", "64MiB", "What one file may have.", 1 << 20, 1L << 40),
        Whole("capture.files", "4", "So many are kept; the oldest goes when another begins.", 1, 10_000),

        new("page", KeyKind.Section, "with its defaults", "What people read who get no answer."),
        new("page.contact", KeyKind.Text, "nobody", "Whom to ask: an address, a name, a room."),
        new("page.template", KeyKind.Path, "the page that comes with Sluice", "A file of HTML with placeholders such as {{reason}}, read at each reload."),

        new("resolver", KeyKind.Resolver, "the servers of /etc/resolv.conf", "Who is asked for the addresses of names, after /etc/hosts: name servers, as in [10.0.0.53, \"[2001:db8::53]:53\"], or system: the system's resolver, whose answers are kept for 30 s."),

        new("otlp", KeyKind.Section, "nothing is sent", "An OpenTelemetry collector that records, metrics and traces are sent to."),
        new("otlp.to", KeyKind.Text, null, "Its URL: http://host:4318, or with grpc http://host:4317.") { Example = "http://127.0.0.1:4318" },
        Pick("otlp.protocol", "http", "http: protobuf in POST requests.", "http", "grpc"),
        new("otlp.headers", KeyKind.Headers, "none", "Fields of every request to it, by name, as for a token; never shown."),
        new("otlp.logs", KeyKind.Flag, "true", "true: every record is sent, as one more access log.") { DefaultIsValue = true },
        new("otlp.metrics", KeyKind.Flag, "true", "true: metrics are sent.") { DefaultIsValue = true },
        new("otlp.traces", KeyKind.Ratio, "true", "true, false, or the part of all exchanges that is traced, as in 0.01; a client that says whether its trace is recorded decides.") { DefaultIsValue = true },
        Time("otlp.interval", "10s", "Between two exports of metrics, 1s or more."),

        new("admin", KeyKind.Section, "off", "The admin API, which the commands cache, lists and rules speak to."),
        Req("admin.socket", KeyKind.Path, "The Unix socket where it is served, for the user alone that Sluice runs as (0600)."),

        new("dashboard", KeyKind.Section, "off", "The dashboard: pages that show what passes, and the admin API."),
        Req("dashboard.bind", KeyKind.Bind, "Where it is served; beyond this machine only to admins."),
        new("dashboard.admins", KeyKind.Words, "whoever reaches it", "Who may log in: users of users.file, and groups of users, as in \"@staff\". Without them it is on loopback only, and nobody logs in."),
        new("dashboard.names", KeyKind.Words, "localhost and the addresses where it is asked", "Host names and addresses by which browsers ask for it besides these."),
        new("dashboard.token", KeyKind.Path, "none", "A file (0600) with a token of 32 characters or more that scripts and Prometheus send: Authorization: Bearer TOKEN."),

        new("limits", KeyKind.Section, "with its defaults", "Times and sizes that bound what one client or upstream may take."),
        Time("limits.connect", "10s", "Connecting to one upstream, all its addresses together."),
        Time("limits.response", "60s", "From the request sent until the upstream's final head."),
        Time("limits.body", "60s", "Silence between two pieces of a body."),
        Time("limits.keepAlive", "130s", "A client connection between two requests."),
        Time("limits.head", "30s", "A client's request head, or a tunnel's ClientHello, from its first byte to its last."),
        Time("limits.tunnelIdle", "10m", "Silence in both directions of a relay or a tunnel."),
        Time("limits.halfClosed", "10s", "How long an upstream may still begin its answer after the client's FIN."),
        Time("limits.drain", "10s", "How long open exchanges may take to end at shutdown."),
        Size("limits.maxHead", "32KiB", "A request's or response's head.", 1 << 10, 16 << 20),
        Size("limits.maxRequestLine", "8KiB", "A request line; at most maxHead.", 256, 16 << 20),
        Whole("limits.maxFields", "200", "Field lines of a head.", 8, 10_000),
        Size("limits.maxBody", "none", "A request body.", 0, long.MaxValue, isValue: false),
        Whole("limits.idlePerUpstream", "256", "Idle connections kept to one upstream.", 0, Int),
        Whole("limits.connectionsPerUpstream", "0", "Open connections of HTTP/1.1 to one upstream, idle ones included; who finds none free waits up to limits.connect, then gets 503. 0: no limit.", 0, Int),
        Time("limits.upstreamKeepAlive", "60s", "How long an idle connection to an upstream is kept."),
        Time("limits.upstreamMaxAge", "10m", "A connection to an upstream that is older is not used again."),
        new("limits.connectPorts", KeyKind.Ports, "[80, 443]", "The ports that CONNECT may name.") { DefaultIsValue = true },
    ];

    public static readonly KeyTable Table = new(All);

    public static IEnumerable<Key> Under(string path) => Table.Under(path);

    public static Key Get(string path) => Table.Get(path);

    public static Key? Find(string path) => Table.Find(path);

    public static string Join(string parent, string name) => parent.Length == 0 ? name : $"{parent}.{name}";

    private static Key Req(string path, KeyKind kind, string doc) => new(path, kind, null, doc);

    private static Key Pick(string path, string? fallback, string doc, params string[] choices) =>
        new(path, KeyKind.Choice, fallback, doc) { Choices = choices, DefaultIsValue = fallback is not null };

    private static Key Size(string path, string? fallback, string doc, long min, long max, bool isValue = true) =>
        new(path, KeyKind.Size, fallback, doc) { Min = min, Max = max, DefaultIsValue = isValue };

    private static Key Whole(string path, string fallback, string doc, long min, long max) =>
        new(path, KeyKind.Whole, fallback, doc) { Min = min, Max = max, DefaultIsValue = true };

    private static Key Time(string path, string fallback, string doc) =>
        new(path, KeyKind.Duration, fallback, doc) { DefaultIsValue = true };
}
