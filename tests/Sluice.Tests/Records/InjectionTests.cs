using System.Text.Json;
using CsCheck;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Tests.Records;

/// <summary>Whatever a client sends, its record is one line whose fields nobody can forge.</summary>
public class InjectionTests
{
    private const string Esc = "\u001b[2J";

    [Theory]
    [InlineData("a\r\nb", """a\x0D\x0Ab""")]
    [InlineData(Esc, """\x1B[2J""")]
    [InlineData("a\" 200 1 \"b", """a\x22 200 1 \x22b""")]
    [InlineData("\\\"", """\x5C\x22""")]
    [InlineData("\u0085\u009b\u00ff\0\t\u007f", """\x85\x9B\xFF\x00\x09\x7F""")]
    [InlineData("\u2028\U0001F600", """\xE2\x80\xA8\xF0\x9F\x98\x80""")]
    public void Combined_EscapesOctets(string hostile, string escaped)
    {
        var record = Sample.Miss();
        record.UserAgent = hostile;
        Assert.EndsWith($" \"{escaped}\"", Sample.Format(LogFormat.Combined).Line(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anna 1 2", "anna%201%202")]
    [InlineData("anna\n9", "anna%0A9")]
    [InlineData("\u00e9", "%E9")]
    public void Squid_EscapesOctets(string hostile, string escaped)
    {
        var record = Sample.Miss();
        record.User = hostile;
        Assert.Contains($" {escaped} HIER_DIRECT", Sample.Format(LogFormat.Squid).Line(record), StringComparison.Ordinal);
    }

    [Fact]
    public void AnyText_KeepsOneLineWithItsFields() =>
        Gen.Char.Array[0, 20].Select(chars => new string(chars)).Sample(text =>
        {
            var record = Hostile(text);
            Assert.Equal(10, Sample.Format(LogFormat.Squid).Line(record).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.Equal(6, Sample.Format(LogFormat.Combined).Line(record).Count(c => c == '"'));
            Sample.Format(LogFormat.Readable).Line(record);
        });

    [Fact]
    public void AnyOctets_ComeBackFromJson() =>
        Gen.Char['\0', '\u00ff'].Array[0, 20].Select(chars => new string(chars)).Sample(text =>
        {
            using var json = JsonDocument.Parse(Encoded(Hostile(text)));
            Assert.Equal(text, json.RootElement.GetProperty("user_agent_original").GetString());
            Assert.Equal(text, json.RootElement.GetProperty("user_name").GetString());
            Assert.Equal("http://h.test/" + text, json.RootElement.GetProperty("url_full").GetString());
        });

    [Fact]
    public void AnyText_IsValidJson() =>
        Gen.Char.Array[0, 20].Select(chars => new string(chars)).Sample(text => JsonDocument.Parse(Encoded(Hostile(text))).Dispose());

    [Theory]
    [InlineData('x')]
    [InlineData('"')]
    public void LongText_IsCutWhereReadersTakeNoLongerLines(char octet)
    {
        var line = Sample.Format(LogFormat.Combined).Line(Hostile(new string(octet, 30_000)));
        Assert.InRange(line.Length, 1000, 4094);
        Assert.Equal(6, line.Count(c => c == '"'));
        Assert.EndsWith($"...+{30_000 - line.Split('"')[^2].Count(c => c == (octet == 'x' ? 'x' : '\\'))}\"", line, StringComparison.Ordinal);
    }

    private static string Encoded(ExchangeRecord record) => Sample.Format(LogFormat.Json).Line(record);

    private static ExchangeRecord Hostile(string text)
    {
        var record = Sample.Miss();
        record.Method = record.User = record.Referer = record.UserAgent = record.ContentType = record.CacheReason = text;
        record.Error = record.ErrorDetail = text;
        record.Url = "http://h.test/" + text;
        record.Verdict = new Verdict { Denies = true, Rule = text, List = text, Line = 1, Status = 403 };
        return record;
    }
}
