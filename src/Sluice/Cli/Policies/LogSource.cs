using System.Net;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Cli.Policies;

/// <summary>A request of the past, as its record tells it.</summary>
/// <param name="Client">Null: not known.</param>
internal sealed record PastRequest(LoggedExchange Record, RequestHead Head, IPAddress? Client)
{
    /// <summary>The head of its answer, as far as the record tells it; null where there was none of an upstream: it was refused, failed or became a tunnel.</summary>
    public ResponseHead? Reply => Record is { Kind: "http", Error: null, Status: >= 200, Verdict: not "deny" } ? new ResponseHead
    {
        Status = Record.Status,
        Fields = Record.ContentType is { } type
            ? new FieldList([new(FieldNames.ContentType, type), new(FieldNames.ContentLength, $"{Record.ResponseBytes}")])
            : new FieldList([new(FieldNames.ContentLength, $"{Record.ResponseBytes}")]),
    }
    : null;
}

/// <summary>An access log as commands read it.</summary>
internal sealed class LogSource(JsonLogReader log)
{
    /// <summary>Of relays, which no policy judges.</summary>
    public long Relays { get; private set; }

    /// <summary>Opens a log; null: it cannot be, and that has been told.</summary>
    /// <param name="path"><c>-</c>: standard input.</param>
    public static Stream? Open(string path, TextWriter error)
    {
        try
        {
            return path == "-" ? Console.OpenStandardInput() : new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: there is no such file" : $"{path}: the file cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>All that a policy judges.</summary>
    public IEnumerable<PastRequest> Requests()
    {
        foreach (var record in log.Read())
        {
            if (record.Kind == "relay")
                Relays++;
            else if (record is not { Method: { } method, Url: { } url })
                log.Refuse(record, "names no method and URL: its head could not be read");
            else if (!RequestTarget.TryParse(method, url, null, "http", null, out var target, out _) || target.Form == TargetForm.Origin)
                log.Refuse(record, "names no URL that can be asked for");
            else
                yield return new PastRequest(record, new RequestHead { Method = method, Target = target, Version = ProtocolVersion.Http11, Fields = FieldsOf(record) },
                    IPAddress.TryParse(record.Client, out var client) ? client : null);
        }
    }

    /// <summary>What of the log was not used, where there is such; lines for people.</summary>
    public IEnumerable<string> LeftOut()
    {
        if (log.UnreadLines > 0)
            yield return $"{log.UnreadLines} of {log.Lines} lines are no requests that could be read:";
        foreach (var line in log.Unread)
            yield return $"  line {line}";
        if (log.Missing > 0)
            yield return $"{log.Missing} records are missing from the log, as it says itself";
    }

    private static FieldList FieldsOf(LoggedExchange record)
    {
        var fields = new FieldList(2);
        if (record.Referer is { } referer)
            fields.Add(FieldNames.Referer, referer);
        if (record.UserAgent is { } agent)
            fields.Add(FieldNames.UserAgent, agent);
        return fields;
    }
}
