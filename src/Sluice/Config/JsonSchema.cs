using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Config;

/// <summary>The table of keys as a JSON Schema, for editors: docs/sluice.schema.json. It says less than the reader:
/// what two keys ask of each other is not in it.</summary>
internal static class JsonSchema
{
    private const string SizePattern = "^[0-9]+ *(B|[kK]B|[MGT]B|[KMGT]iB)?$";
    private const string DurationPattern = "^[0-9]+ *(ms|s|m|h|d)$";
    private const string PortPattern = "^[0-9]+(-[0-9]+)?$";

    private const string StatusPattern = "^[2-5]([0-9][0-9]|xx)$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Sluice's configuration",
        };
        foreach (var (name, value) in Map("").ToArray())
            schema[name] = value!.DeepClone();
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Map(string path)
    {
        var properties = new JsonObject();
        foreach (var key in Keys.Under(path))
            properties[key.Name] = Described(key);
        var map = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (Keys.Under(path).Where(k => k.Required).Select(k => (JsonNode)k.Name).ToArray() is { Length: > 0 } required)
            map["required"] = new JsonArray(required);
        return map;
    }

    private static JsonObject Described(Key key)
    {
        var described = Shape(key);
        described["description"] = key.Required ? key.Doc : $"{key.Doc} Default: {key.Default}.";
        return described;
    }

    private static JsonObject Shape(Key key) => key.Kind switch
    {
        KeyKind.Section => Map(key.Path),
        KeyKind.Sections => new() { ["type"] = "array", ["items"] = Map(key.Path + "[]"), ["minItems"] = key.Required ? 1 : 0 },
        KeyKind.NamedSections => new() { ["type"] = "object", ["additionalProperties"] = Map(key.Path + ".*") },
        KeyKind.Choice => new() { ["enum"] = new JsonArray([.. key.Choices.Select(c => (JsonNode)c)]) },
        KeyKind.Flag => new() { ["type"] = "boolean" },
        KeyKind.Whole => new() { ["type"] = "integer", ["minimum"] = key.Min, ["maximum"] = key.Max },
        KeyKind.Size => Either(new() { ["type"] = "integer", ["minimum"] = key.Min }, Matching(SizePattern)),
        KeyKind.Duration => Matching(DurationPattern),
        KeyKind.Age => Matching(DurationPattern),
        KeyKind.Bind => Either(new() { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 65535 }, Word()),
        KeyKind.Networks => Many(Word()),
        KeyKind.Ports => Many(Either(new() { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = 65535 }, Matching(PortPattern))),
        KeyKind.Words => Many(Word()),
        KeyKind.Statuses => Many(Either(new() { ["type"] = "integer", ["minimum"] = 200, ["maximum"] = 599 }, Matching(StatusPattern))),
        KeyKind.QueryNames => Either(new() { ["const"] = "all" }, Many(Word())),
        KeyKind.Patterns => new() { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "null") } },
        KeyKind.Groups => new() { ["type"] = "object", ["additionalProperties"] = Many(Word()) },
        KeyKind.Headers => new() { ["type"] = "object", ["additionalProperties"] = Word() },
        KeyKind.Ratio => Either(new() { ["type"] = "boolean" }, new() { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 }),
        KeyKind.Hosts => Either(Many(Word()), Map(key.Path)),
        KeyKind.Resolver => Either(new() { ["const"] = "system" }, Many(Word())),
        KeyKind.AccessLog => new() { ["oneOf"] = new JsonArray(new JsonObject { ["const"] = "off" }, Map(key.Path), Many(Map(key.Path))) },
        KeyKind.FlagOrSection => Either(new() { ["type"] = "boolean" }, Map(key.Path)),
        _ => Word(),
    };

    private static JsonObject Word() => new() { ["type"] = "string", ["minLength"] = 1 };

    private static JsonObject Matching(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject Many(JsonObject item) => new() { ["type"] = "array", ["items"] = item, ["minItems"] = 1 };

    private static JsonObject Either(JsonObject one, JsonObject other) => new() { ["oneOf"] = new JsonArray(one, other) };
}
