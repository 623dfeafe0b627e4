using Sluice.Policy;

namespace Sluice.Cli.Policies;

/// <summary>Requests that two configurations judge otherwise in the same way.</summary>
/// <param name="From">The old verdict: <c>allow</c>, <c>deny</c> or <c>report</c>.</param>
/// <param name="OldRule">That decided; null: the default did.</param>
internal sealed record Change(string From, string? OldRule, string To, string? NewRule)
{
    public long Requests { get; private set; }

    public Names Clients { get; } = new();

    public Names Hosts { get; } = new();

    /// <summary>The first of them.</summary>
    public string Example { get; private set; } = "";

    public DateTimeOffset ExampleTime { get; private set; }

    public void Add(PastRequest request)
    {
        if (Requests++ == 0)
            (Example, ExampleTime) = ($"{request.Head.Method} {request.Head.Target.Url}", request.Record.Time);
        Clients.Add(request.Client?.ToString() ?? "not known");
        Hosts.Add(request.Head.Target.Host);
    }

    /// <summary>Different names, and the first few of them; in bounded memory.</summary>
    internal sealed class Names
    {
        public const int Shown = 10;
        public const int Most = 10_000;

        private readonly HashSet<string> _known = [];
        private readonly List<string> _first = [];

        /// <summary>At most <see cref="Most"/>: there may be more then.</summary>
        public int Count => _known.Count;

        public IReadOnlyList<string> First => _first;

        public void Add(string name)
        {
            if (_known.Count < Most && _known.Add(name) && _first.Count < Shown)
                _first.Add(name);
        }
    }
}

/// <summary>What would change for the requests of a log.</summary>
internal sealed class PolicyDiff(Replay before, Replay after)
{
    private readonly Dictionary<(string, string?, string, string?), Change> _changes = [];

    public long Requests { get; private set; }

    /// <summary>Of listeners that one of the configurations does not have.</summary>
    public long WithoutListener { get; private set; }

    /// <summary>The names of these.</summary>
    public Change.Names MissingListeners { get; } = new();

    /// <summary>The largest first.</summary>
    public IEnumerable<Change> Changes => _changes.Values.OrderByDescending(change => change.Requests);

    public long Changed => _changes.Values.Sum(change => change.Requests);

    public void Add(PastRequest request)
    {
        Requests++;
        if (before.Judge(request) is not { } old || after.Judge(request) is not { } @new)
        {
            WithoutListener++;
            MissingListeners.Add(request.Record.Listener ?? "not known");
        }
        else if (old.Outcome != @new.Outcome)
            Of(old, @new).Add(request);
    }

    private Change Of(Verdict old, Verdict @new)
    {
        var key = (old.Outcome, old.Rule, @new.Outcome, @new.Rule);
        if (!_changes.TryGetValue(key, out var change))
            _changes[key] = change = new Change(old.Outcome, old.Rule, @new.Outcome, @new.Rule);
        return change;
    }
}
