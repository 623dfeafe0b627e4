using CsCheck;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Pipelines of requests that are cut off or damaged at any octet, in any segments.</summary>
public class HostileStreamTests
{
    private enum Framing
    {
        None,
        Length,
        Chunks,
        Head,
    }

    private static readonly Gen<(Framing Framing, int Length)[]> Requests =
        Gen.Select(Gen.Enum<Framing>(), Gen.Frequency((4, Gen.Int[1, 40]), (1, Gen.Int[1, 20_000]))).Array[1, 5];

    private static readonly Gen<int[]> Segments = Gen.Frequency((2, Gen.Int[1, 60]), (2, Gen.Int[100, 3000]), (1, Gen.Const(1 << 20))).Array[1, 8];

    [Fact]
    public async Task StreamThatIsCutOff_ReachesTheOriginInWholeRequestsOnly()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        var (seen, recorded, round) = (0, 0, 0);
        await Gen.Select(Requests, Segments, Gen.Double[0, 1]).SampleAsync(async (requests, segments, share) =>
        {
            var texts = Texts(origin, requests, ++round);
            var all = string.Concat(texts);
            var sent = all[..(int)Math.Round(all.Length * share)];
            await using var client = await proxy.ConnectAsync();
            var sending = SendAsync(client, sent, segments);
            // What was sent whole is answered, in order; a rest that was not is refused; of nothing nothing comes.
            var left = sent.Length;
            var whole = 0;
            for (; whole < texts.Length && texts[whole].Length <= left; left -= texts[whole++].Length)
                Assert.Equal(200, (await client.ReadResponseAsync(texts[whole].Split(' ')[0])).Status);
            if (left > 0)
            {
                var head = await client.ReadHeadAsync();
                Assert.Equal(400, RawResponse.StatusOf(head));
                // No body where enough has come to know that it was HEAD.
                var body = await client.ReadToEndAsync();
                Assert.Contains($"{body.Length}", texts[whole].StartsWith("HEAD", StringComparison.Ordinal) ? ["0", .. head.All("Content-Length")] : head.All("Content-Length"));
            }
            await client.ExpectClosedAsync();
            await sending;
            recorded += whole + (left > 0 ? 1 : 0);
            var records = (await proxy.RecordsAsync(recorded)).Skip(recorded - whole - (left > 0 ? 1 : 0));
            Assert.Equal(Enumerable.Repeat(200, whole).Concat(left > 0 ? [400] : []), records.Select(record => record.Status));
            var arrived = origin.Requests.Skip(seen).ToList();
            seen += arrived.Count;
            Assert.Equal(Enumerable.Range(0, whole).Select(i => ($"/{round}/{i}", Body(requests[i]))),
                arrived.Select(request => (request.Target, request.Text)));
        }, iter: 150, threads: 1);
        await proxy.EndAsync(recorded);
    }

    [Fact]
    public async Task StreamThatIsDamaged_IsAnsweredOncePerRecordAndNeverBreaksTheUpstreamsSide()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        var (recorded, round) = (0, 0);
        await Gen.Select(Requests, Segments, Damages).SampleAsync(async (requests, segments, damages) =>
        {
            var sent = damages.Aggregate(string.Concat(Texts(origin, requests, ++round)), Damage);
            await using var client = await proxy.ConnectAsync();
            var sending = SendAsync(client, sent, segments);
            // How an answer ends depends on its method, which only the record knows now.
            var received = await client.ReadToEndAsync();
            await sending;
            await using var answers = new RawConnection(new MemoryStream(received));
            while (answers.Consumed < received.Length)
            {
                var record = (await proxy.RecordsAsync(recorded + 1))[recorded++];
                Assert.Equal(record.Status, (await answers.ReadResponseAsync(record.Method ?? "GET")).Status);
            }
            // The proxy is well, and there was no other record.
            Assert.Equal(200, (await proxy.GetAsync(origin, "/well")).Status);
            Assert.Contains("/well", (await proxy.RecordsAsync(recorded + 1))[recorded++].Url);
            Assert.DoesNotContain(origin.Faults, fault => fault is InvalidDataException);
        }, iter: 300, threads: 1);
        await proxy.EndAsync(recorded);
    }

    private static readonly Gen<(int Kind, double At, string Octets)[]> Damages = Gen.Select(
        Gen.Int[0, 3], Gen.Double[0, 1],
        Gen.OneOf("\r", "\n", "\r\n", " ", "\0", ":", "0", "9", "G", "\r\n\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "\u00ff"))
        .Array[1, 4];

    private static string Damage(string text, (int Kind, double At, string Octets) damage)
    {
        var at = (int)(text.Length * damage.At);
        var behind = Math.Min(text.Length, at + damage.Octets.Length);
        return damage.Kind switch
        {
            0 => text[..at] + damage.Octets + text[at..],
            1 => text[..at] + damage.Octets + text[behind..],
            2 => text[..at] + text[behind..],
            _ => text[..at] + text[at..behind] + text[at..],
        };
    }

    private static ScriptedOrigin Echo() => ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok" + x.Request.Text, "Cache-Control: no-store"));

    private static string Body((Framing Framing, int Length) request) =>
        request.Framing is Framing.Length or Framing.Chunks ? new string('x', request.Length) : "";

    /// <summary>The requests as they are sent; each has a path of its own.</summary>
    private static string[] Texts(ScriptedOrigin origin, (Framing Framing, int Length)[] requests, int round) =>
    [
        .. requests.Select((request, i) =>
        {
            var body = Body(request);
            var (method, rest) = request.Framing switch
            {
                Framing.None => ("GET", "\r\n"),
                Framing.Head => ("HEAD", "\r\n"),
                Framing.Length => ("POST", $"Content-Length: {body.Length}\r\n\r\n{body}"),
                _ => ("PUT", $"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n{(body.Length > 1 ? $"{body.Length - 1:x};a=b\r\n{body[1..]}\r\n" : "")}0\r\nX: y\r\n\r\n"),
            };
            return $"{method} {origin.Url($"/{round}/{i}")} HTTP/1.1\r\nHost: {origin.Authority}\r\n{rest}";
        }),
    ];

    /// <summary>Sends in these segments, then FIN; a server that has closed before takes the rest or not.</summary>
    private static Task SendAsync(RawConnection client, string text, int[] segments) => Task.Run(async () =>
    {
        try
        {
            for (int at = 0, i = 0; at < text.Length; at += segments[i++ % segments.Length])
                await client.SendAsync(text[at..Math.Min(text.Length, at + segments[i % segments.Length])]);
            client.HalfClose();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
        }
    });
}
