using System.IO.Compression;
using Sluice.Policy.Filters;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy.Filters;

/// <summary>What browsers really asked for, where SLUICE_TEST_DATA names a folder with filters/: lists and requests with the verdict on which the engines of
/// uBlock Origin and Ghostery agree.</summary>
public class FilterVerdictTests
{
    [Fact]
    public async Task RequestsOfBrowsers_AreJudgedAsByUblockAndGhostery()
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("SLUICE_TEST_DATA") ?? "", "filters");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "requests-with-verdicts.tsv.gz")), "SLUICE_TEST_DATA names no folder with filters/requests-with-verdicts.tsv.gz.");
        var builder = new FilterSetBuilder();
        foreach (var name in (string[])["easylist-202607140953", "easyprivacy-202607"])
            Assert.True(builder.Add(await Xz.ReadAsync(Path.Combine(folder, name + ".txt.xz")), name, []).Filters > 50_000);
        var set = builder.Build();
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "requests-with-verdicts.tsv.gz")), CompressionMode.Decompress));
        await lines.ReadLineAsync(TestContext.Current.CancellationToken);
        var (count, wrong) = (0, new List<string>());
        while ((await lines.ReadLineAsync(TestContext.Current.CancellationToken))?.Split('\t') is [var blocked, _, var excepted, _, var type, var frame, var url])
        {
            count++;
            var match = set.Match(new FilterRequest { Url = url, Source = new Uri(frame).IdnHost, Type = TypeOf(type), Method = "GET" });
            var expected = blocked == "1" ? FilterOutcome.Blocked : excepted == "1" ? FilterOutcome.Excepted : FilterOutcome.None;
            if (match.Outcome != expected)
                wrong.Add($"{expected}, not {match.Outcome} by {match.List}:{match.Line}: {type} {url} from {frame}");
        }
        Assert.Equal([], wrong);
        Assert.Equal(13_108, count);
    }

    private static RequestType TypeOf(string type) => type switch
    {
        "fetch" or "xhr" => RequestType.Xhr,
        "manifest" or "texttrack" => RequestType.Other,
        _ => Enum.Parse<RequestType>(type, ignoreCase: true),
    };
}
