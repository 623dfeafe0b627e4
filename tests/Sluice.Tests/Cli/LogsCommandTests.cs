using System.Text;
using System.Text.RegularExpressions;
using Sluice.Records;
using Sluice.Tests.Kit;
using Sluice.Tests.Records;
using Sluice.Tests.Records.History;

namespace Sluice.Tests.Cli;

public sealed partial class LogsCommandTests : IDisposable
{
    private readonly HistoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Json_IsTheAccessLog_AndLearnReadsIt()
    {
        _scene.Write(Sample.Miss(), Sample.Denied(), Sample.Tunnel(), Sample.Relay(), Sample.Bad());
        var output = await LogsAsync("--format", "json");
        var json = Sample.Format(LogFormat.Json);
        Assert.Equal(new[] { "miss", "denied", "tunnel", "relay", "bad" }.Select(kind => json.Line(Sample.Of(kind))), output.TrimEnd('\n').Split('\n'));

        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("log.jsonl"), output, TestContext.Current.CancellationToken);
        var (code, learned, _) = await Called.RunAsync("learn", folder.File("log.jsonl"));
        Assert.Equal(0, code);
        Assert.Contains("example.com", learned, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATable_IsForPeople_AndSafeForTheirTerminals()
    {
        var hostile = Sample.Miss();
        hostile.Url = "http://example.com/\e[2J\u009b31m\"\r\nx";
        hostile.User = "an\ana";
        _scene.Write(Sample.Miss(), Sample.Denied(), hostile);
        var lines = (await LogsAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("time  ", lines[0], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
        Assert.All(lines, line => Assert.True(Ascii.IsValid(line)));
        Assert.Contains("refused by ads, blocked.txt:12", lines[2], StringComparison.Ordinal);
        Assert.Equal(lines[0].IndexOf("request", StringComparison.Ordinal), lines[1].IndexOf("GET", StringComparison.Ordinal));
        Assert.Equal(lines[0].IndexOf("status", StringComparison.Ordinal), lines[1].IndexOf("200", StringComparison.Ordinal) - 3);
    }

    [Fact]
    public async Task Csv_IsThatOfRfc4180_WithoutFormulas()
    {
        var hostile = Sample.Miss();
        (hostile.UserAgent, hostile.User, hostile.Method, hostile.Referer) = ("=HYPERLINK(\"http://evil.test\",\"x\")", "+1", "@a", "-2\r\n");
        _scene.Write(hostile, Sample.Denied());
        using (var output = _scene.Output())
        {
            output.AddDropped(3, _scene.Time.GetUtcNow());
            output.WriteOut();
        }
        var text = await LogsAsync("--format", "csv");
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        var rows = text.Split("\r\n")[..^1].Select(Cells).ToList();
        Assert.Equal(4, rows.Count);
        Assert.All(rows, row => Assert.Equal(RecordFields.All.Count + 1, row.Count));
        Assert.Equal([.. RecordFields.All.Select(field => field.Key), "dropped"], rows[0]);
        string Cell(int row, string column) => rows[row][rows[0].IndexOf(column)];
        Assert.Equal("'=HYPERLINK(\"http://evil.test\",\"x\")", Cell(1, "user_agent_original"));
        Assert.Equal(("'+1", "'@a", "'-2\\x0d\\x0a"), (Cell(1, "user_name"), Cell(1, "http_request_method"), Cell(1, "http_request_header_referer")));
        Assert.Equal(("1234", "12.346", "ads"), (Cell(1, "http_response_body_size"), Cell(1, "duration_ms"), Cell(2, "rule")));
        Assert.Equal(("3", "2026-01-02T03:19:05.678Z"), (Cell(3, "dropped"), Cell(3, "time")));
    }

    [Theory]
    [InlineData("--status 4xx", "403")]
    [InlineData("--status 2xx --kind http", "200")]
    [InlineData("--host .example.com --user anna", "403")]
    [InlineData("--client 10.0.0.0/8 --verdict allow", "200")]
    [InlineData("--kind connect", "200")]
    [InlineData("--error any", "0")]
    [InlineData("--rule ads --cache none --listener forward --method get --url a.txt", "403")]
    [InlineData("--limit 1", "0")]
    [InlineData("--kind http --limit 1", "403")]
    [InlineData("--until 2026-01-02T03:04:05Z", "")]
    public async Task Conditions_ChooseRows(string options, string statuses)
    {
        _scene.Write(Sample.Miss(), Sample.Denied(), Sample.Tunnel(), Sample.Relay());
        var output = await LogsAsync(["--format", "squid", .. options.Split(' ')]);
        Assert.Equal(statuses, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(Status().Match(line).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("--status 6xx", "--status: '6xx' is not a status")]
    [InlineData("--since yesterday", "--since: 'yesterday' is neither a time")]
    [InlineData("--follow --format har", "a HAR has an end")]
    [InlineData("--limit 0", "--limit: 1 or more")]
    [InlineData("--format xml", "'xml'")]
    public async Task WrongOptions_AreTold(string options, string told)
    {
        _scene.Write(Sample.Miss());
        var (code, _, error) = await Called.RunAsync(["logs", "--history", _scene.Path, .. options.Split(' ')]);
        Assert.Equal(1, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoHistory_IsTold()
    {
        var (code, _, error) = await Called.RunAsync("logs", "--history", _scene.Path);
        Assert.Equal((2, $"sluice: {_scene.Path}: there is no history yet\n"), (code, error));
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("s.yaml"), "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]", TestContext.Current.CancellationToken);
        (code, _, error) = await Called.RunAsync("logs", "-c", folder.File("s.yaml"));
        Assert.Equal(1, code);
        Assert.Contains("there is no history: write logs: { history: { path: PATH } }", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheConfiguration_NamesTheHistory()
    {
        _scene.Write(Sample.Miss());
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("s.yaml"), $"listeners: [{{ kind: forward, bind: 127.0.0.1:0 }}]\nlogs: {{ history: {{ path: {_scene.Path} }} }}", TestContext.Current.CancellationToken);
        Assert.Single((await Called.OutputAsync("logs", "-c", folder.File("s.yaml"), "--format", "combined")).TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Following_GoesOnWithWhatComes()
    {
        _scene.Write(Enumerable.Range(1, 12).Select(Numbered));
        using var processes = new SluiceProcesses();
        var following = processes.Start($"logs --history {_scene.Path} --follow --format json");
        async Task<long> Next() => System.Text.Json.JsonDocument.Parse(
            (await following.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(SluiceProcesses.Patience))!).RootElement.GetProperty("number").GetInt64();
        for (var number = 3; number <= 12; number++)
            Assert.Equal(number, await Next());
        for (var number = 13; number <= 15; number++)
        {
            _scene.Write(Numbered(number));
            Assert.Equal(number, await Next());
        }
    }

    [Fact]
    public async Task AReaderThatHasSeenEnough_EndsIt()
    {
        _scene.Write(Enumerable.Range(1, 5000).Select(Numbered));
        using var processes = new SluiceProcesses();
        var process = processes.Start($"logs --history {_scene.Path} --format json");
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(SluiceProcesses.Patience));
        process.StandardOutput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
        Assert.Equal(0, process.ExitCode);
    }

    [GeneratedRegex(@"/(\d{3}) ")]
    private static partial Regex Status();

    private static ExchangeRecord Numbered(int number)
    {
        var record = Sample.Miss();
        record.Number = number;
        return record;
    }

    private Task<string> LogsAsync(params string[] options) => Called.OutputAsync(["logs", "--history", _scene.Path, .. options]);

    /// <summary>Of one line of RFC 4180.</summary>
    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        for (var i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || line[i] == ',')
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else if (line[i] != '"')
            {
                cell.Append(line[i]);
            }
            else
            {
                Assert.Equal(0, cell.Length);
                for (i++; line[i] != '"' || i + 1 < line.Length && line[i + 1] == '"'; i++)
                    cell.Append(line[line[i] == '"' ? i++ : i]);
                Assert.True(i + 1 == line.Length || line[i + 1] == ',');
            }
        }
        return cells;
    }
}
