using System.Text;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records;

namespace Sluice.Config;

/// <summary>Reads the section <c>logs</c>.</summary>
internal sealed class LogReader(string folder)
{
    private static readonly TimeSpan ShortestKeep = TimeSpan.FromMinutes(1);
    private static readonly string[] OfSyslog = ["facility", "appName"];

    private static readonly string[] RequestFields = [FieldNames.Referer, FieldNames.UserAgent];
    private static readonly string[] ResponseFields = [FieldNames.ContentType];

    public LogOptions Read(Section? logs)
    {
        if (logs is null)
            return new LogOptions();
        var fields = logs.Child("fields");
        return new LogOptions
        {
            Access = ReadAccess(logs),
            History = logs.Child("history") is { } history ? ReadHistory(history) : null,
            Redact = ReadRedact(logs.Child("redact")),
            Anonymise = ReadAnonymity(logs),
            RequestFields = fields is null ? [] : ReadFields(fields, "request", RequestFields),
            ResponseFields = fields is null ? [] : ReadFields(fields, "response", ResponseFields),
        };
    }

    private IReadOnlyList<LogOutputOptions> ReadAccess(Section logs)
    {
        switch (logs.Node["access"])
        {
            case null:
                return new LogOptions().Access;
            case Scalar { Text: "off" }:
                return [];
            case Scalar { Text: var text }:
                logs.Problem("access", $"'{text}' is not known, write off, or a map such as {{ format: json, to: stdout }}, or a list of such maps");
                return [];
            case Sequence { Items.Count: 0 }:
                logs.Problem("access", "is an empty list, write off");
                return [];
        }
        var outputs = new List<LogOutputOptions>();
        foreach (var section in logs.ChildOrList("access"))
        {
            if (ReadOutput(section) is not { } output)
                continue;
            if (outputs.Exists(other => other.Place == output.Place))
                section.Problem("to", $"'{output.Place}' is named twice: one log there would be written into the other");
            outputs.Add(output);
        }
        return outputs;
    }

    /// <summary>Null: where it leads cannot be read.</summary>
    private LogOutputOptions? ReadOutput(Section access)
    {
        var output = new LogOutputOptions { Format = access.Choice<LogFormat>("format") ?? LogFormat.Readable };
        var to = access.Text("to");
        if (to is not null && to.Contains("://", StringComparison.Ordinal))
        {
            return access.Object<SyslogOptions>("to", Syslog) is not { } syslog ? null : output with
            {
                Syslog = syslog with { Facility = access.Choice<SyslogFacility>("facility") ?? syslog.Facility, AppName = ReadAppName(access) ?? syslog.AppName },
            };
        }
        foreach (var key in OfSyslog.Where(key => access.Has(key) && !IsDefault(access, key)))
            access.Problem(key, $"is for syslog, but the log goes to {(to is null or "-" ? "stdout" : to)}");
        return to is null or "stdout" or "-" ? output : output with { File = ReadPath(access, "to", to) };
    }

    // What is written as the default says nothing.
    private static bool IsDefault(Section access, string key) => access.Text(key) == Keys.Get($"logs.access.{key}").Default;

    private static string? ReadAppName(Section access)
    {
        if (access.Text("appName") is not { } name)
            return null;
        if (name.Length > SyslogOptions.LongestAppName || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
            access.Problem("appName", $"'{name}' is not an APP-NAME, write at most {SyslogOptions.LongestAppName} printable ASCII characters without blanks");
        return name;
    }

    private HistoryOptions? ReadHistory(Section history)
    {
        var keep = history.Age("keep") ?? HistoryOptions.KeepByDefault;
        if (keep < ShortestKeep)
            history.Problem("keep", $"'{(history.Node["keep"] as Scalar)?.Text}' is too short, write 1m or more");
        var size = history.Size("size") ?? HistoryOptions.SizeByDefault;
        return history.Text("path") is { } path ? new HistoryOptions { Path = ReadPath(history, "path", path), Keep = keep, SizeBytes = size } : null;
    }

    private string ReadPath(Section section, string key, string to)
    {
        var path = Path.GetFullPath(to, folder);
        if (Directory.Exists(path))
            section.Problem(key, $"'{to}' is a folder, name the file in it");
        else if (!Directory.Exists(Path.GetDirectoryName(path)))
            section.Problem(key, $"'{to}' is in a folder that does not exist: {Path.GetDirectoryName(path)}");
        else if (File.Exists(path) && Files.WhyNot(path, FileAccess.Write) is { } wrong)
            section.Problem(key, $"'{to}' cannot be written: {wrong}");
        return path;
    }

    private static RedactionOptions ReadRedact(Section? redact)
    {
        var defaults = new RedactionOptions();
        return redact is null ? defaults : new RedactionOptions
        {
            Query = redact.Many<string>("query", Values.ParameterGlob) ?? defaults.Query,
            Cookies = redact.Many<string>("cookies", NameGlob) ?? defaults.Cookies,
            Headers = redact.Many<string>("headers", NameGlob) ?? defaults.Headers,
        };
    }

    private static AnonymityOptions? ReadAnonymity(Section logs)
    {
        if (logs.Node["anonymise"] is Scalar { IsNull: false, Text: not ("true" or "false") and var text })
            logs.Problem("anonymise", $"'{text}' is not true or false, and no map such as {{ ipv4: 24, ipv6: 48 }}");
        else if (logs.Node["anonymise"] is null or Scalar)
            return logs.Flag("anonymise") is true ? new AnonymityOptions() : null;
        if (logs.Node["anonymise"] is Scalar || logs.Child("anonymise") is not { } section)
            return null;
        var defaults = new AnonymityOptions();
        return new AnonymityOptions { Ipv4 = (int)(section.Whole("ipv4") ?? defaults.Ipv4), Ipv6 = (int)(section.Whole("ipv6") ?? defaults.Ipv6) };
    }

    /// <param name="known">What every record has.</param>
    private static IReadOnlyList<string> ReadFields(Section fields, string name, string[] known)
    {
        var names = fields.Many<string>(name, FieldName) ?? [];
        foreach (var twice in names.GroupBy(RecordField.KeyOf, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            fields.Problem(name, $"names {string.Join(" and ", twice)}, which have one key in the log: name it once");
        foreach (var needless in names.Intersect(known, StringComparer.OrdinalIgnoreCase))
            fields.Problem(name, $"names {needless}, which every record has, remove it");
        return names;
    }

    /// <summary>The name of a field (RFC 9110 s.5.1).</summary>
    private static string? FieldName(string text, out string name) =>
        Grammar.IsToken(name = text) ? null : "is not the name of a field, write for example X-Request-Id";

    /// <summary>A glob for names of cookies and fields: <c>*session*</c>.</summary>
    private static string? NameGlob(string text, out string glob) =>
        Grammar.IsToken(glob = text) ? null : "is not a name, write for example session, or *token*";

    /// <summary>A syslog server: <c>syslog://host:port</c>, <c>syslog+tcp://host:port</c>, <c>syslog:///dev/log</c>.</summary>
    private static string? Syslog(string text, out SyslogOptions value)
    {
        value = new SyslogOptions();
        var end = text.IndexOf("://", StringComparison.Ordinal);
        var (scheme, rest) = (text[..end], text[(end + 3)..]);
        if (scheme is not ("syslog" or "syslog+tcp"))
            return $"has the unknown scheme '{scheme}', write syslog:// (UDP) or syslog+tcp://, or a file's path";
        if (rest.StartsWith('/'))
        {
            value = new SyslogOptions { Path = rest };
            return scheme != "syslog" ? $"is a path, write syslog://{rest}"
                : Encoding.UTF8.GetByteCount(rest) > 107 ? "is too long for the name of a socket: 107 octets are the most"
                : null;
        }
        if (!HostPort.TryParse(rest, out var host))
            return HostPort.TryParse($"{rest}:514", out _) ? $"has no port, write for example {scheme}://{rest}:514" : $"is not a host and a port, write for example {scheme}://log.example:514";
        value = new SyslogOptions { Host = host, OverTcp = scheme == "syslog+tcp" };
        return null;
    }
}
