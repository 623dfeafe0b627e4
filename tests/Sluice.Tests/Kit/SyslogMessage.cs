using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Tests.Kit;

/// <summary>A message of RFC 5424, read by the letter of its s.6: whatever is not in the grammar throws.</summary>
public sealed partial record SyslogMessage(int Facility, int Severity, DateTimeOffset Time, string Host, string App, string Process, string Id, IReadOnlyDictionary<string, string> Data, string Text)
{
    /// <param name="octets">The message, without what a transport puts around it.</param>
    public static SyslogMessage Parse(ReadOnlySpan<byte> octets)
    {
        // MSG-ANY, of which ours is ASCII; MSG-UTF8 would begin with its mark.
        var text = Ascii.IsValid(octets) ? Encoding.ASCII.GetString(octets) : throw new FormatException("octets above ASCII without the byte order mark of UTF-8");
        if (text.Any(char.IsControl))
            throw new FormatException($"control characters: {text}");
        var head = Head().Match(text);
        if (!head.Success)
            throw new FormatException($"no message of RFC 5424: {text}");
        var priority = int.Parse(head.Groups["pri"].Value, CultureInfo.InvariantCulture);
        if (priority > 191 || head.Groups["pri"].Value.StartsWith('0'))
            throw new FormatException($"no priority: {text}");
        var time = DateTimeOffset.ParseExact(head.Groups["time"].Value, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var data = new Dictionary<string, string>();
        foreach (Match element in Element().Matches(head.Groups["data"].Value))
            foreach (Match parameter in Parameter().Matches(element.Groups["parameters"].Value))
                data.Add($"{element.Groups["id"].Value} {parameter.Groups["name"].Value}", parameter.Groups["value"].Value);
        return new SyslogMessage(priority / 8, priority % 8, time, head.Groups["host"].Value, head.Groups["app"].Value, head.Groups["process"].Value, head.Groups["id"].Value, data, head.Groups["text"].Value);
    }

    /// <summary>Of s.7.3.1.</summary>
    public int Sequence => int.Parse(Data["meta sequenceId"], CultureInfo.InvariantCulture);

    /// <summary>The record's.</summary>
    public long Number => long.Parse(Data["sluice@32473 number"], CultureInfo.InvariantCulture);

    private const string Name = """[!#-<>-\\^-~]{1,32}""";
    private const string Pair = $$""" {{Name}}="(?:[^"\\\]]|\\["\\\]])*["]""";
    private const string Elements = $$"""(?:\[{{Name}}(?:{{Pair}})*\])+""";

    [GeneratedRegex($$"""^<(?<pri>[0-9]{1,3})>1 (?<time>[^ ]+) (?<host>[!-~]{1,255}) (?<app>[!-~]{1,48}) (?<process>[!-~]{1,128}) (?<id>[!-~]{1,32}) (?<data>-|{{Elements}})(?: (?<text>.*))?$""", RegexOptions.CultureInvariant)]
    private static partial Regex Head();

    [GeneratedRegex($$"""\[(?<id>{{Name}})(?<parameters>(?:{{Pair}})*)\]""")]
    private static partial Regex Element();

    [GeneratedRegex($$""" (?<name>{{Name}})="(?<value>(?:[^"\\\]]|\\["\\\]])*)["]""")]
    private static partial Regex Parameter();
}
