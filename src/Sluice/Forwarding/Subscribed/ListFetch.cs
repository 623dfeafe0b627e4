using System.Globalization;
using System.IO.Compression;
using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Forwarding.Subscribed;

/// <summary>Asks for a list: redirects, validators, content coding, and how much there may be. One for all lists.</summary>
internal sealed class ListFetch(UpstreamPool upstream, Func<AddressGuard, AddressRules> addressRules, long maxBytes, TimeProvider time)
{
    /// <summary>All of it together; 64 MiB at 110 kB/s.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private const int MostRedirects = 5;

    /// <summary>What only those inside reach.</summary>
    private static readonly AddressSet Inside =
        new(AddressClasses.Loopback | AddressClasses.ThisNetwork | AddressClasses.LinkLocal | AddressClasses.Metadata | AddressClasses.Private | AddressClasses.Shared, []);

    private static readonly AddressGuard Outside = new(AddressSet.Empty, Inside);

    private static readonly string UserAgent = $"Sluice/{typeof(ListFetch).Assembly.GetName().Version?.ToString(2)}";

    /// <summary>Asks, and writes what comes.</summary>
    /// <param name="known">Of the copy that there is; null: there is none.</param>
    /// <param name="into">Where the list goes, without content coding; called when it comes.</param>
    /// <param name="progress">Called as octets come.</param>
    /// <returns>What is known of what came; null: the list is as it was (304).</returns>
    /// <exception cref="NotTaken">Nothing came, or not all.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/>.</exception>
    public async Task<CopyFacts?> RunAsync(Uri url, CopyFacts? known, Func<Stream> into, Action<DownloadProgress> progress, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            var rules = addressRules(AddressGuard.None);
            for (var (at, hops) = (url, 0); ; hops++)
            {
                await using var reply = await upstream.AskAsync(Request(at, known, rules, either.Token));
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                if (reply.Error != ForwardError.None)
                    throw Failed(reply);
                switch (reply.Head.Status)
                {
                    case 200:
                        await ReadAsync(reply, into(), progress);
                        return new CopyFacts(reply.Head.Fields.Get(FieldNames.ETag), reply.Head.Fields.Get(FieldNames.LastModified), time.GetUtcNow());
                    case 304 when known is not null:
                        return null;
                    case 301 or 302 or 303 or 307 or 308:
                        at = Next(at, reply.Head.Fields.Get(FieldNames.Location), hops);
                        rules = RulesAfter(reply.Remote);
                        break;
                    case var status:
                        throw new NotTaken($"The server answered {status}", RetryAfter(reply.Head.Fields));
                }
            }
        }
        catch (Exception) when (either.IsCancellationRequested)
        {
            stop.ThrowIfCancellationRequested();
            throw new NotTaken($"It took longer than {Longest.TotalMinutes} minutes");
        }
    }

    /// <summary>Why there is no answer, or none that is whole.</summary>
    public static NotTaken Failed(UpstreamReply reply) => new(reply.Error.Row().Text.TrimEnd('.') + (reply.ErrorDetail is { } detail ? $" ({detail})" : ""));

    /// <summary>Where a redirect leads.</summary>
    /// <param name="hops">So many came before.</param>
    /// <exception cref="NotTaken">It is not followed.</exception>
    public static Uri Next(Uri from, string? location, int hops) =>
        hops == MostRedirects ? throw new NotTaken($"It is redirected more than {MostRedirects} times")
        : location is null || !Uri.TryCreate(from, location, out var to) ? throw new NotTaken("It is redirected to nowhere")
        : to.Scheme != Uri.UriSchemeHttps && to.Scheme != Uri.UriSchemeHttp ? throw new NotTaken($"It is redirected to the scheme '{to.Scheme}'")
        : to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttps ? throw new NotTaken("It is redirected from https to http, where anybody on the way can change it")
        : to;

    /// <summary>Who is outside redirects nobody to the inside.</summary>
    public AddressRules RulesAfter(IPEndPoint? remote) => remote is not null && Inside.Contains(remote.Address) ? addressRules(AddressGuard.None) : addressRules(Outside);

    private static UpstreamRequest Request(Uri url, CopyFacts? known, AddressRules rules, CancellationToken aborted)
    {
        var at = new HostPort(url.IdnHost.Trim('[', ']'), url.Port);
        var fields = new FieldList
        {
            { FieldNames.Host, url.IsDefaultPort ? at.ToString()[..at.ToString().LastIndexOf(':')] : at.ToString() },
            { FieldNames.UserAgent, UserAgent },
            { "Accept-Encoding", "gzip, br" },
        };
        if (known?.ETag is { } tag)
            fields.Add(FieldNames.IfNoneMatch, tag);
        if (known?.LastModified is { } date)
            fields.Add(FieldNames.IfModifiedSince, date);
        return new UpstreamRequest
        {
            To = new Destination(url.Scheme == Uri.UriSchemeHttps, at), Addresses = rules, Method = Methods.Get, Target = url.PathAndQuery, Fields = fields, Aborted = aborted,
        };
    }

    private async Task ReadAsync(UpstreamReply reply, Stream into, Action<DownloadProgress> progress)
    {
        var coding = reply.Head.Fields.Get("Content-Encoding")?.ToLowerInvariant();
        var raw = new ReplyStream(reply);
        await using Stream body = coding switch
        {
            null or "identity" => raw,
            "gzip" or "x-gzip" => new GZipStream(raw, CompressionMode.Decompress),
            "br" => new BrotliStream(raw, CompressionMode.Decompress),
            _ => throw new NotTaken($"The server sent the coding '{coding}', which it was not asked for"),
        };
        // How much comes out of a coding is known only at the end: what is counted is what came out.
        long? total = body == raw && reply.BodyLength.Kind == BodyKind.Length ? reply.BodyLength.Octets : null;
        var (buffer, bytes) = (new byte[64 << 10], 0L);
        while (true)
        {
            if (Math.Max(bytes, total ?? 0) > maxBytes)
                throw new NotTaken($"It is larger than {maxBytes} bytes");
            progress(new DownloadProgress(bytes, total));
            var read = await DecodeAsync(body, buffer);
            if (read == 0)
                return;
            await into.WriteAsync(buffer.AsMemory(0, read));
            bytes += read;
        }
    }

    private static async ValueTask<int> DecodeAsync(Stream body, byte[] buffer)
    {
        try
        {
            return await body.ReadAsync(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new NotTaken($"Its content coding is broken ({e.Message})");
        }
    }

    private TimeSpan RetryAfter(FieldList fields)
    {
        if (fields.Get("Retry-After") is not { } text)
            return default;
        var now = time.GetUtcNow();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : HttpDate.TryParse(text, now, out var then) && then > now ? then - now
            : default;
    }
}
