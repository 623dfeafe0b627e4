using System.Formats.Tar;
using System.Text.Json;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Http;

public class StructuredReaderTests
{
    /// <summary>Each row: a field value, and what its members are; null: it is void.</summary>
    [Theory]
    [InlineData("s.4.2.1 empty", "", "")]
    [InlineData("s.4.2.1", "a, \"b\",\t1", "Token a|String b|Integer 1")]
    [InlineData("s.4.2.1 a comma at the end", "a, ", null)]
    [InlineData("s.4.2.1 two commas", "a,, b", null)]
    [InlineData("s.4.2.1 no comma", "a b", null)]
    [InlineData("s.4.2.1.2 inner list", "(a \"b;\" 1);x=1, b", "InnerList|Token b")]
    [InlineData("s.4.2.1.2 open", "(a b", null)]
    [InlineData("s.4.2.1.2 no blank between", "(\"a\"\"b\")", null)]
    [InlineData("s.4.2.3.2 parameters are well formed and dropped", "1;a;b=\"x, y\"; c=?0", "Integer 1")]
    [InlineData("s.4.2.3.2 key in upper case", "1;A", null)]
    [InlineData("s.4.2.4", "-5, 1.250, 999999999999999", "Integer -5|Decimal 1.250|Integer 999999999999999")]
    [InlineData("s.4.2.4 sixteen digits", "1000000000000000", null)]
    [InlineData("s.4.2.4 no digit behind the point", "1.", null)]
    [InlineData("s.4.2.4 four decimals", "1.0000", null)]
    [InlineData("s.4.2.4 thirteen before the point", "1000000000000.1", null)]
    [InlineData("s.4.2.4 sign alone", "-", null)]
    [InlineData("s.4.2.5 escapes", "\"a\\\"b\\\\c\"", "String a\"b\\c")]
    [InlineData("s.4.2.5 another escape", "\"a\\nb\"", null)]
    [InlineData("s.4.2.5 open", "\"a", null)]
    [InlineData("s.4.2.5 not ASCII", "\"\u00e9\"", null)]
    [InlineData("s.4.2.6", "*a:/b", "Token *a:/b")]
    [InlineData("s.4.2.7", ":aGk=:", "Binary aGk")]
    [InlineData("s.4.2.7 open", ":aGk=", null)]
    [InlineData("s.4.2.8", "?1, ?0", "True|False")]
    [InlineData("s.4.2.8 neither", "?2", null)]
    [InlineData("s.4.2.9", "@1659578233", "Date 1659578233")]
    [InlineData("s.4.2.9 decimal", "@1.5", null)]
    [InlineData("s.4.2.10", "%\"f%c3%bc\"", "DisplayString f\u00fc")]
    [InlineData("s.4.2.10 upper case", "%\"f%C3%BC\"", null)]
    [InlineData("s.4.2.10 no UTF-8", "%\"%ff\"", null)]
    public void List_IsReadOrVoid(string clause, string value, string? expected)
    {
        var reader = new StructuredReader(value);
        var members = new List<string>();
        while (reader.TryMember())
            members.Add(Describe(reader));
        Assert.True(expected == (reader.Failed ? null : string.Join('|', members)), $"{clause}: {string.Join('|', members)} {reader.Failed}");
    }

    [Theory]
    [InlineData("s.4.2.2", "a=1, b;x=2, c=(1 2)", "a Integer 1|b True|c InnerList")]
    [InlineData("s.4.2.2 key in upper case", "A=1", null)]
    [InlineData("s.4.2.2 nothing behind =", "a=", null)]
    [InlineData("s.4.2.2 blank before =", "a =1", null)]
    [InlineData("s.4.2.2 blank behind =", "a= 1", null)]
    [InlineData("s.4.2.2 number as key", "1=a", null)]
    public void Dictionary_IsReadOrVoid(string clause, string value, string? expected)
    {
        var reader = new StructuredReader(value);
        var members = new List<string>();
        while (reader.TryKey())
            members.Add($"{reader.Key} {Describe(reader)}");
        Assert.True(expected == (reader.Failed ? null : string.Join('|', members)), $"{clause}: {string.Join('|', members)} {reader.Failed}");
    }

    /// <summary>The HTTP working group's cases, where SLUICE_TEST_DATA names a folder with http/structured-field-tests.tar.xz (httpwg/structured-field-tests).</summary>
    [Fact]
    public async Task CasesOfTheWorkingGroup_AreReadAsTheySay()
    {
        var archive = Path.Combine(Environment.GetEnvironmentVariable("SLUICE_TEST_DATA") ?? "", "http", "structured-field-tests.tar.xz");
        Assert.SkipUnless(File.Exists(archive), "SLUICE_TEST_DATA names no folder with http/structured-field-tests.tar.xz.");
        await using var files = new TarReader(new MemoryStream(await Xz.ReadAsync(archive)));
        var wrong = new List<string>();
        var count = 0;
        while (await files.GetNextEntryAsync(copyData: true, TestContext.Current.CancellationToken) is { } file)
        {
            // The folder's own files; others are about serialising and schemas.
            if (file.DataStream is null || !file.Name.EndsWith(".json", StringComparison.Ordinal) || file.Name.TrimStart('.', '/').Contains('/'))
                continue;
            using var cases = await JsonDocument.ParseAsync(file.DataStream, cancellationToken: TestContext.Current.CancellationToken);
            foreach (var each in cases.RootElement.EnumerateArray())
            {
                if (!each.TryGetProperty("raw", out var raw))
                    continue;
                count++;
                var value = string.Join(", ", raw.EnumerateArray().Select(line => line.GetString()));
                var got = Read(each.GetProperty("header_type").GetString()!, value);
                var mustFail = each.TryGetProperty("must_fail", out var must) && must.GetBoolean();
                var mayFail = each.TryGetProperty("can_fail", out var may) && may.GetBoolean();
                var expected = mustFail ? null : Expected(each.GetProperty("header_type").GetString()!, each.GetProperty("expected"));
                if (got != expected && !(mayFail && got is null))
                    wrong.Add($"{file.Name}: {each.GetProperty("name").GetString()}: '{value}': {got ?? "void"} for {expected ?? "void"}");
            }
        }
        Assert.Equal([], wrong);
        Assert.True(count > 1000, $"{count} cases");
    }

    private static string? Read(string type, string value)
    {
        var reader = new StructuredReader(value);
        if (type == "item")
            return reader.TryItem() ? Canonical(reader) : null;
        var members = new Dictionary<string, string>();
        while (type == "list" ? reader.TryMember() : reader.TryKey())
            members[type == "list" ? $"{members.Count}" : reader.Key.ToString()] = Canonical(reader);
        return reader.Failed ? null : Join(members);
    }

    private static string Expected(string type, JsonElement expected) => type switch
    {
        "item" => Describe(expected[0]),
        "list" => Join(expected.EnumerateArray().Select((m, i) => ($"{i}", Describe(m[0]))).ToDictionary(m => m.Item1, m => m.Item2)),
        _ => Join(expected.EnumerateArray().ToDictionary(m => m[0].GetString()!, m => Describe(m[1][0]))),
    };

    private static string Join(Dictionary<string, string> members) =>
        string.Join('|', members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} {m.Value}"));

    private static string Describe(JsonElement bare) => bare.ValueKind switch
    {
        JsonValueKind.Array => "InnerList",
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.String => "String " + bare.GetString(),
        // 1.0 and 1 are the same to JSON; a point in the text tells.
        JsonValueKind.Number => bare.GetRawText().Contains('.') ? $"Decimal {bare.GetDecimal():0.0##}" : $"Integer {bare.GetInt64()}",
        _ => bare.GetProperty("__type").GetString() switch
        {
            "token" => "Token " + bare.GetProperty("value").GetString(),
            "date" => $"Date {bare.GetProperty("value").GetInt64()}",
            "displaystring" => "DisplayString " + bare.GetProperty("value").GetString(),
            _ => "Binary",
        },
    };

    private static string Canonical(in StructuredReader reader) => reader.Type switch
    {
        StructuredType.Binary => "Binary",
        StructuredType.Decimal => $"Decimal {decimal.Parse(reader.Text, System.Globalization.CultureInfo.InvariantCulture):0.0##}",
        _ => Describe(reader),
    };

    private static string Describe(in StructuredReader reader) => reader.Type switch
    {
        StructuredType.Boolean => reader.Boolean ? "True" : "False",
        StructuredType.InnerList => "InnerList",
        StructuredType.Integer or StructuredType.Date => $"{reader.Type} {reader.Integer}",
        _ => $"{reader.Type} {reader.Text}",
    };
}
