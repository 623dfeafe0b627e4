// The cache's rules, run through the whole proxy: a row is a clause and the steps that show it.
//
// What: one proxy with a forward and a reverse listener, a scripted origin behind both, and a clock that passes when a row says so. All over
// sockets; every request has a connection of its own.
// Strategy: rows run one after the other, each under a path of its own, so they share proxy and origin and know nothing of each other.
//
// A step is one of
//   wait 10             ten seconds pass
//   step -3600          somebody sets the wall clock
//   GET /a|Field: v -> 200|Field: v => expectation|expectation
//                       a request (its path below the row's), the origin's answers to it, and what must come of it. The origin must be
//                       asked exactly as often as there are answers: a hit is a step without "->".
// In requests and answers {path}, {origin} and {other} are the row's path, the origin's scheme and authority, and those of another port; @+10
// is the date in ten seconds. +body gives a body (an answer's is otherwise b1, b2, ... by the number of the origin's answer), +break
// breaks the answer off after so many octets, +trailer sends it in chunks with a trailer. "down" in place of an answer: the connection is
// reset. "~>" in place of "->": the answer to a request in the background.
// Expectations: a status; body TEXT; Field: VALUE; +Field, -Field: present, absent; cs TEXT: in our Cache-Status; hit: the same; broken: no
// whole answer; trailer Field: VALUE; saw Field: VALUE, saw -Field, saw METHOD: what the origin got last.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

public sealed partial class CacheTable : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly ConcurrentDictionary<string, Row> _rows = new();
    private ScriptedOrigin _origin = null!;
    private RunningProxy _proxy = null!;
    private int _count;

    /// <summary>Each row in both forms, but for those whose clause begins with the only one.</summary>
    public static TheoryData<string, string, string> Of(params (string Clause, string[] Steps)[] rows)
    {
        var data = new TheoryData<string, string, string>();
        foreach (var (clause, steps) in rows)
            foreach (var form in (string[])["forward", "reverse"])
                if (!clause.StartsWith("forward:", StringComparison.Ordinal) && !clause.StartsWith("reverse:", StringComparison.Ordinal)
                    || clause.StartsWith(form, StringComparison.Ordinal))
                    data.Add(clause, string.Join('\n', steps), form);
        return data;
    }

    public async ValueTask InitializeAsync()
    {
        _origin = ScriptedOrigin.Start(AnswerAsync);
        _proxy = await RunningProxy.OfAsync(_time, new() { MemoryBytes = 16 << 20 },
            new ListenerOptions { Name = "forward", Kind = ListenerKind.Forward, Bind = new(System.Net.IPAddress.Loopback, 0) },
            new ListenerOptions
            {
                Name = "reverse", Kind = ListenerKind.Reverse, Bind = new(System.Net.IPAddress.Loopback, 0),
                To = new HostPort(_origin.EndPoint.Address.ToString(), _origin.Port), Forwarded = true,
            });
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _origin.DisposeAsync();
    }

    public async Task RunAsync(string clause, string steps, string form)
    {
        var row = new Row($"/row{Interlocked.Increment(ref _count)}", form == "reverse");
        _rows[row.Path] = row;
        foreach (var step in steps.Split('\n'))
        {
            try
            {
                await StepAsync(row, step);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"{clause}: '{step}': {e.Message}");
            }
            Assert.True(row.Wrong.Count == 0, $"{clause}: '{step}': {string.Join("; ", row.Wrong)}");
        }
    }

    private async Task StepAsync(Row row, string step)
    {
        if (step.StartsWith("wait ", StringComparison.Ordinal))
        {
            _time.Advance(TimeSpan.FromSeconds(double.Parse(step[5..], CultureInfo.InvariantCulture)));
            return;
        }
        if (step.StartsWith("step ", StringComparison.Ordinal))
        {
            _time.Step(TimeSpan.FromSeconds(double.Parse(step[5..], CultureInfo.InvariantCulture)));
            return;
        }
        var parts = step.Split(" => ", 2);
        var inBackground = parts[0].Contains(" ~> ", StringComparison.Ordinal);
        var exchange = parts[0].Split([" -> ", " ~> "], StringSplitOptions.None);
        row.Expect(exchange[1..]);
        var before = _proxy.Cache;
        var response = await AskAsync(row, exchange[0]);
        if (inBackground)
            await UntilAsync(() => row.Asked == exchange.Length - 1
                && (exchange[^1][0] is '4' or '5' || _proxy.Cache.Stores + _proxy.Cache.Freshened > before.Stores + before.Freshened));
        if (row.IsDown ? row.Asked == 0 : row.Asked != exchange.Length - 1)
            row.Wrong.Add($"the origin was asked {row.Asked} times; Cache-Status: {response?["Cache-Status"]}");
        foreach (var expectation in parts.Length > 1 ? parts[1].Split('|') : [])
            Check(row, response, Filled(row, expectation));
    }

    private static void Check(Row row, RawResponse? response, string expectation)
    {
        if (expectation == "broken")
        {
            if (response is not null)
                row.Wrong.Add("the answer came whole");
            return;
        }
        if (response is null)
        {
            row.Wrong.Add("the answer broke off");
            return;
        }
        var saw = expectation.StartsWith("saw ", StringComparison.Ordinal);
        var head = saw ? row.Saw! : response.Head;
        var what = saw ? expectation[4..] : expectation;
        var holds = what switch
        {
            _ when int.TryParse(what, out var status) => response.Status == status,
            "hit" => OurStatus(response).Contains("; hit", StringComparison.Ordinal),
            _ when what.StartsWith("cs ", StringComparison.Ordinal) => OurStatus(response).Contains(what[3..], StringComparison.Ordinal),
            _ when what.StartsWith("body ", StringComparison.Ordinal) => response.Text == what[5..],
            _ when what.StartsWith("trailer ", StringComparison.Ordinal) => response.Trailers.Any(t => $"{t.Name}: {t.Value}" == what[8..]),
            _ when what[0] == '-' => !head.Has(what[1..]),
            _ when what[0] == '+' => head.Has(what[1..]),
            _ when what.IndexOf(':') is var colon and > 0 => string.Join(", ", head.All(what[..colon])) == what[(colon + 1)..].Trim(),
            _ => saw && head.StartLine.StartsWith(what + " ", StringComparison.Ordinal),
        };
        if (!holds)
            row.Wrong.Add($"not '{expectation}' but {response.Text} with\n{head}");
    }

    /// <summary>RFC 9211 s.2: the last member is that of the cache next to the client.</summary>
    private static string OurStatus(RawResponse response) => response.Head.All("Cache-Status") is { Count: > 0 } lines ? lines[^1] : "";

    private async Task<RawResponse?> AskAsync(Row row, string request)
    {
        var lines = Filled(row, request).Split('|');
        var start = lines[0].Split(' ');
        var path = row.Path + (start.Length > 1 ? start[1] : "");
        var (fields, body, _) = Read(lines);
        await using var client = await RawConnection.OpenAsync(_proxy.EndPoints[row.IsReverse ? 1 : 0]);
        await client.SendAsync($"{start[0]} {(row.IsReverse ? path : _origin.Url(path))} HTTP/1.1\r\nHost: {_origin.Authority}\r\n"
            + $"{fields}{(body is null ? "" : $"Content-Length: {body.Length}\r\n")}\r\n{body}");
        try
        {
            return await client.ReadResponseAsync(start[0]);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private async Task AnswerAsync(OriginExchange x)
    {
        var row = _rows[RowPath().Match(x.Target).Value];
        if (row.Next(x.Head) is not { } answer)
        {
            await x.ReplyAsync(599, "unexpected");
            return;
        }
        if (answer == "down")
        {
            x.Reset();
            return;
        }
        var lines = Filled(row, answer).Split('|');
        var (fields, given, special) = Read(lines);
        var body = given ?? $"b{row.Answers}";
        var head = $"HTTP/1.1 {lines[0]} Scripted\r\n{fields}";
        var hasBody = x.Method != "HEAD" && lines[0] is not ("204" or "304");
        if (special is { Name: "+trailer" })
            await x.WriteAsync($"{head}Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n{special.Value.Value}\r\n\r\n");
        else if (special is { Name: "+break" })
        {
            await x.WriteAsync($"{head}Content-Length: {body.Length}\r\n\r\n{body[..int.Parse(special.Value.Value, CultureInfo.InvariantCulture)]}");
            await x.CloseAsync();
        }
        else
        {
            var length = fields.Contains("Content-Length:", StringComparison.Ordinal) || lines[0] is "204" or "304" ? "" : $"Content-Length: {body.Length}\r\n";
            await x.WriteAsync($"{head}{length}\r\n{(hasBody ? body : "")}");
        }
    }

    private static (string Fields, string? Body, RawField? Special) Read(string[] lines)
    {
        var fields = new StringBuilder();
        string? body = null;
        RawField? special = null;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':');
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name == "+body")
                body = value;
            else if (name[0] == '+')
                special = new RawField(name, value);
            else
                fields.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        return (fields.ToString(), body, special);
    }

    private string Filled(Row row, string text) => Dates().Replace(
        text.Replace("{path}", row.Path, StringComparison.Ordinal)
            .Replace("{origin}", $"http://{_origin.Authority}", StringComparison.Ordinal)
            .Replace("{other}", $"http://127.0.0.1:{_origin.Port + 1}", StringComparison.Ordinal),
        m => HttpDate.Format(_time.GetUtcNow().AddSeconds(double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))));

    private static async Task UntilAsync(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds() && TimeProvider.System.GetElapsedTime(began) < Waiting.Limit)
            await Task.Yield();
    }

    [GeneratedRegex("@([+-][0-9]+)")]
    private static partial Regex Dates();

    [GeneratedRegex("/row[0-9]+")]
    private static partial Regex RowPath();

    /// <summary>What one row waits for and has seen.</summary>
    private sealed class Row(string path, bool isReverse)
    {
        private readonly Lock _lock = new();
        private string[] _answers = [];
        private int _asked;

        public string Path => path;

        public bool IsReverse => isReverse;

        /// <summary>Given so far, over all steps.</summary>
        public int Answers { get; private set; }

        public RawHead? Saw { get; private set; }

        public List<string> Wrong { get; } = [];

        public bool IsDown => _answers is ["down"];

        public int Asked
        {
            get
            {
                lock (_lock)
                    return _asked;
            }
        }

        public void Expect(string[] answers)
        {
            lock (_lock)
                (_answers, _asked) = (answers, 0);
        }

        public string? Next(RawHead request)
        {
            lock (_lock)
            {
                Saw = request;
                Answers++;
                _asked++;
                return IsDown ? "down" : _asked <= _answers.Length ? _answers[_asked - 1] : null;
            }
        }
    }
}
