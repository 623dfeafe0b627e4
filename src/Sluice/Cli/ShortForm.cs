using Sluice.Config;

namespace Sluice.Cli;

/// <summary>A configuration given by flags: the same tree that a file becomes, so the same reader and checks judge it.</summary>
internal sealed record ShortForm
{
    private const string DiskSize = "1GiB";
    private const string PolicyName = "flags";

    public required string Kind { get; init; }

    public required string Listen { get; init; }

    public string? To { get; init; }

    public string? Block { get; init; }

    public IReadOnlyList<string> Allow { get; init; } = [];

    public string? Log { get; init; }

    public string? LogFormat { get; init; }

    public string? CacheMemory { get; init; }

    public string? CacheDir { get; init; }

    public static Task<int> RunAsync(ShortForm form) => Serving.RunAsync(new ConfigurationSource(form.Load));

    /// <param name="tryPorts">As <see cref="ConfigurationFile.Load"/>.</param>
    public Loaded Load(bool tryPorts = true)
    {
        var root = new Mapping(Place.Of("flags"));
        var listener = new Mapping(Place.Of("--listen"))
            .With("kind", Kind == "reverse" ? "--to" : "--listen", Kind)
            .With("bind", "--listen", Listen)
            .With("to", "--to", To);
        Put(root, "listeners", "--listen", List("--listen", [listener]));
        if (Allow.Count > 0)
            Put(listener, "allow", "--allow", List("--allow", Allow.Select(network => new Scalar(Place.Of("--allow"), network))));
        if (Block is not null)
        {
            listener.With("policy", "--block", PolicyName);
            Put(root, "policies", "--block", Map("--block", PolicyName, BlockPolicy(Block)));
        }
        if (Log is not null || LogFormat is not null)
            Put(root, "logs", "--log", Map("--log", "access", new Mapping(Place.Of("--log"))
                .With("to", "--log", Log).With("format", "--log-format", LogFormat)));
        if (CacheMemory is not null || CacheDir is not null)
        {
            var cache = new Mapping(Place.Of("--cache-memory")).With("memory", "--cache-memory", CacheMemory);
            if (CacheDir is not null)
                Put(cache, "disk", "--cache-dir", new Mapping(Place.Of("--cache-dir")).With("path", "--cache-dir", CacheDir).With("size", "--cache-dir", DiskSize));
            Put(root, "cache", "--cache-memory", cache);
        }
        return ConfigurationFile.Build(root, Environment.CurrentDirectory, EnvironmentVariables.All(), new ProblemList(), tryPorts);
    }

    private static Mapping BlockPolicy(string file)
    {
        var rule = new Mapping(Place.Of("--block")).With("id", "--block", "block").With("deny", "--block", "true");
        Put(rule, "hosts", "--block", new Mapping(Place.Of("--block")).With("file", "--block", file));
        var policy = new Mapping(Place.Of("--block")).With("default", "--block", "allow");
        Put(policy, "rules", "--block", List("--block", [rule]));
        return policy;
    }

    private static void Put(Mapping map, string key, string flag, Node value) => map.Set(key, Place.Of(flag), value);

    private static Mapping Map(string flag, string key, Node value)
    {
        var map = new Mapping(Place.Of(flag));
        map.Set(key, Place.Of(flag), value);
        return map;
    }

    private static Sequence List(string flag, IEnumerable<Node> items)
    {
        var list = new Sequence(Place.Of(flag));
        list.Items.AddRange(items);
        return list;
    }
}
