using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Bench.Traces;

/// <summary>Recorded traces, from a folder of files compressed with xz (the program must be there): <c>adaptsize-request</c>
/// (lines of time, id, bytes), <c>web07</c> and <c>web12</c> (big-endian numbers of 32 bits, no sizes),
/// <c>elastic-apache_logs</c> (Combined lines).</summary>
internal static partial class TraceFiles
{
    public static List<Trace> ReadAll(string folder, int seed)
    {
        var traces = new List<Trace>();
        Add("adaptsize-request.trace.xz", content => traces.Add(FromLines(content)));
        foreach (var name in (string[])["web07", "web12"])
            Add($"{name}.trace.xz", content => traces.AddRange(FromNumbers(name, content, seed)));
        Add("elastic-apache_logs.xz", content => traces.Add(FromCombined(content)));
        return traces;

        void Add(string file, Action<byte[]> read)
        {
            var path = Path.Combine(folder, file);
            if (File.Exists(path))
                read(Decompress(path));
            else
                Console.WriteLine($"skipped, as it is not there: {path}");
        }
    }

    private static Trace FromLines(byte[] content)
    {
        var objects = new Objects<string>();
        foreach (var line in Encoding.ASCII.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var columns = line.Split(' ');
            objects.Ask(columns[1], long.Parse(columns[2], CultureInfo.InvariantCulture));
        }
        return objects.ToTrace("adaptsize");
    }

    /// <summary>Once with sizes as the web has them, once with all objects alike.</summary>
    private static Trace[] FromNumbers(string name, byte[] content, int seed)
    {
        var sized = new Objects<int>();
        var alike = new Objects<int>();
        for (var at = 0; at + 4 <= content.Length; at += 4)
        {
            var id = BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(at));
            sized.Ask(id, WebSizes.Of(id, seed));
            alike.Ask(id, 4096);
        }
        return [sized.ToTrace(name), alike.ToTrace(name + " alike")];
    }

    private static Trace FromCombined(byte[] content)
    {
        var objects = new Objects<string>();
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n'))
            if (CombinedLine().Match(line) is { Success: true } match)
                objects.Ask(match.Groups[1].Value, long.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0);
        return objects.ToTrace("elastic");
    }

    private static byte[] Decompress(string path)
    {
        using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", path]) { RedirectStandardOutput = true })!;
        using var content = new MemoryStream();
        xz.StandardOutput.BaseStream.CopyTo(content);
        xz.WaitForExit();
        return xz.ExitCode == 0 ? content.ToArray() : throw new IOException($"xz -dc {path}: exit code {xz.ExitCode}");
    }

    [GeneratedRegex("\"GET (\\S+) [^\"]*\" \\d+ (\\d+|-)")]
    private static partial Regex CombinedLine();

    /// <summary>Gives names numbers. An object's size is the largest seen: a 304 or a part says less.</summary>
    private sealed class Objects<TName> where TName : notnull
    {
        private readonly Dictionary<TName, int> _numbers = [];
        private readonly List<int> _requests = [];
        private readonly List<long> _sizes = [];

        public void Ask(TName name, long bytes)
        {
            if (!_numbers.TryGetValue(name, out var number))
            {
                _numbers[name] = number = _sizes.Count;
                _sizes.Add(0);
            }
            _sizes[number] = Math.Max(_sizes[number], bytes);
            _requests.Add(number);
        }

        public Trace ToTrace(string name) => new(name, [.. _requests], [.. _sizes]);
    }
}
