using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.House;

namespace Sluice.Tests.Records;

/// <summary>The table of fields, the log in JSON, its schema and its docs say the same.</summary>
public class RecordFieldsTests
{
    private static readonly string Schema = Path.Combine(Repository.Root, "docs/access-log.schema.json");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("miss")]
    [InlineData("denied")]
    [InlineData("tunnel")]
    [InlineData("relay")]
    [InlineData("bad")]
    [InlineData("full")]
    public void Json_SaysEveryFieldOfTheTableInItsOrder(string kind)
    {
        var record = kind == "full" ? Full() : Sample.Of(kind);
        var expected = RecordFields.All.Select(field => (field.Key, Value: field.Value(record))).Where(field => field.Value is not null).ToList();
        using var json = JsonDocument.Parse(Sample.Format(LogFormat.Json).Line(record));
        Assert.Equal(
            expected.Select(field => $"{field.Key}: {JsonSerializer.Serialize(field.Value, Indented)}"),
            json.RootElement.EnumerateObject().Select(field => $"{field.Name}: {field.Value.GetRawText()}"));
    }

    [Fact]
    public void EveryField_CanHaveAValueOfItsType()
    {
        var record = Full();
        Assert.All(RecordFields.All, field => Assert.Equal(field.Type, field.Value(record) switch
        {
            string => FieldType.Text, long => FieldType.Whole, double => FieldType.Number, bool => FieldType.Flag, var other => throw new InvalidOperationException($"{field.Key}: {other}"),
        }));
        Assert.Equal(RecordFields.All.Count, RecordFields.All.Select(field => field.Key).Distinct().Count());
    }

    [Fact]
    public void EveryField_HasItsRowInTheDocs()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/logs.md"));
        var table = doc.Split("| key | value | in OpenTelemetry |\n|---|---|---|\n")[1].Split("| `dropped` |")[0];
        Assert.Equal(string.Concat(RecordFields.All.Select(field => $"| `{field.Key}` | {field.Doc} | `{field.Attribute}` |\n")), table);
    }

    /// <summary>SLUICE_WRITE_SCHEMA=1 writes it anew.</summary>
    [Fact]
    public void PublishedSchema_IsThatOfTheTable()
    {
        if (Environment.GetEnvironmentVariable("SLUICE_WRITE_SCHEMA") == "1")
            File.WriteAllText(Schema, SchemaText());
        Assert.Equal(SchemaText(), File.ReadAllText(Schema));
    }

    private static string SchemaText()
    {
        var record = new JsonObject();
        foreach (var field in RecordFields.All)
            record[field.Key] = new JsonObject { ["type"] = TypeOf(field.Type), ["description"] = field.Doc };
        var always = RecordFields.All.Where(field => Sample.Format(LogFormat.Json).Line(new ExchangeRecord()).Contains($"\"{field.Key}\":", StringComparison.Ordinal));
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A line of Sluice's access log in JSON",
            ["oneOf"] = new JsonArray(
                new JsonObject
                {
                    ["description"] = "The record of an exchange, tunnel or relay.",
                    ["type"] = "object",
                    ["properties"] = record,
                    ["patternProperties"] = new JsonObject { ["^http_(request|response)_header_"] = new JsonObject { ["type"] = "string" } },
                    ["additionalProperties"] = false,
                    ["required"] = new JsonArray([.. always.Select(field => (JsonNode)field.Key)]),
                },
                new JsonObject
                {
                    ["description"] = "So many records are missing here.",
                    ["type"] = "object",
                    ["properties"] = new JsonObject { ["time"] = new JsonObject { ["type"] = "string" }, ["dropped"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1 } },
                    ["additionalProperties"] = false,
                    ["required"] = new JsonArray("time", "dropped"),
                }),
        };
        return schema.ToJsonString(Indented) + "\n";
    }

    private static string TypeOf(FieldType type) => type switch
    {
        FieldType.Whole => "integer",
        FieldType.Number => "number",
        FieldType.Flag => "boolean",
        _ => "string",
    };

    /// <summary>With every field there is.</summary>
    private static ExchangeRecord Full()
    {
        var record = Sample.Miss();
        (record.User, record.Error, record.ErrorDetail, record.ClientGone) = ("anna", "client_left", "more", true);
        (record.Tls, record.ServerName) = (TlsFacts.Mismatch, "other.example");
        record.Verdict = new Verdict { Reports = true, Rule = "ads", List = "blocked.txt", Line = 12, Tags = "a,b" };
        using var source = new ActivitySource("a test");
        record.Trace = new ExchangeTrace(source, new Activity("x").SetIdFormat(ActivityIdFormat.W3C).SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom()).Start(), TimeProvider.System, 0, continues: true);
        Activity.Current = null;
        (record.Url, record.Referer) = ("http://u:p@example.com/\u00e9\"", "http://u:p@example.com/");
        return record;
    }
}
