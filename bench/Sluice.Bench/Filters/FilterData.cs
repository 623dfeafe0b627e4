using System.Diagnostics;
using System.IO.Compression;
using Sluice.Policy;
using Sluice.Policy.Filters;

namespace Sluice.Bench.Filters;

/// <summary>A request that a browser made, and what uBlock's and Ghostery's engines say of it by EasyList and EasyPrivacy of July 2026.</summary>
internal sealed record BrowserRequest(string Url, string Source, RequestType Type, bool Blocked, bool Excepted);

/// <summary>The files of filters and requests, from a folder; the program xz must be there.</summary>
internal static class FilterData
{
    public static readonly string[] Judged = ["easylist-202607140953.txt.xz", "easyprivacy-202607.txt.xz"];

    public static readonly string[] All = [.. Judged, "ublock-filters.txt.xz"];

    public static List<(string Name, byte[] Content)> Lists(string folder, string[] names) =>
        [.. names.Select(name => (name[..name.IndexOf('.', StringComparison.Ordinal)], Decompress(Path.Combine(folder, name))))];

    public static FilterSet Build(List<(string Name, byte[] Content)> lists, List<PolicyProblem> problems)
    {
        var builder = new FilterSetBuilder();
        foreach (var (name, content) in lists)
            builder.Add(content, name, problems);
        return builder.Build();
    }

    public static List<BrowserRequest> Requests(string folder)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "requests-with-verdicts.tsv.gz")), CompressionMode.Decompress));
        lines.ReadLine();
        var requests = new List<BrowserRequest>();
        while (lines.ReadLine()?.Split('\t') is [var blocked, _, var excepted, _, var type, var frame, var url])
            requests.Add(new BrowserRequest(url, HostOf(frame), TypeOf(type), blocked == "1", excepted == "1"));
        return requests;
    }

    private static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.IdnHost : "";

    private static RequestType TypeOf(string type) => type switch
    {
        "fetch" or "xhr" => RequestType.Xhr,
        "font" => RequestType.Font,
        "image" => RequestType.Image,
        "media" => RequestType.Media,
        "script" => RequestType.Script,
        "stylesheet" => RequestType.Stylesheet,
        _ => RequestType.Other,
    };

    private static byte[] Decompress(string path)
    {
        using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", path]) { RedirectStandardOutput = true })!;
        using var content = new MemoryStream();
        xz.StandardOutput.BaseStream.CopyTo(content);
        xz.WaitForExit();
        return xz.ExitCode == 0 ? content.ToArray() : throw new IOException($"xz -dc {path}: exit code {xz.ExitCode}");
    }
}
