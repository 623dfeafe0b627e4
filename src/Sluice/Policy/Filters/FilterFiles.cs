using System.Collections.Concurrent;
using Sluice.Net;
using Sluice.Policy.Lists;

namespace Sluice.Policy.Filters;

/// <summary>The filter lists of a rule: files that make one set, for exceptions of one list are about blocks of another.</summary>
internal sealed class FilterFiles(IReadOnlyList<string> paths, TimeProvider time) : ListSource(paths)
{
    private sealed record Content(FilterSet Set, IReadOnlyList<ListState> States);

    private readonly ConcurrentDictionary<string, long> _hits = new();
    private Content _content = new(new FilterSetBuilder().Build(), []);

    public override IEnumerable<ListState> States => _content.States.Select(state => state with { Hits = _hits.GetValueOrDefault(state.Path) });

    public FilterSet Set => _content.Set;

    public override void Count(string path) => _hits.AddOrUpdate(path, 1, static (_, hits) => hits + 1);

    protected override IReadOnlyList<PolicyProblem> Read(IReadOnlyList<FileStamp?> stamps)
    {
        var (builder, problems, states) = (new FilterSetBuilder(), new List<PolicyProblem>(), new List<ListState>());
        for (var i = 0; i < Paths.Count; i++)
        {
            var before = problems.Count;
            try
            {
                var octets = File.ReadAllBytes(Paths[i]);
                var counts = builder.Add(octets, Paths[i], problems);
                states.Add(new ListState(Paths[i], ListFormat.Adblock, counts.Filters, counts.Faults, problems[before..], octets.Length)
                {
                    Written = stamps[i]?.Written, ReadAt = time.GetUtcNow(),
                });
            }
            catch (Exception e) when (IsMissing(e) && !WasRead(Paths[i]))
            {
                // It is still to come: until then the others hold.
                problems.Add(Unreadable(Paths[i], e));
                states.Add(new ListState(Paths[i], ListFormat.Adblock, 0, 0, [], 0));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return [Unreadable(Paths[i], e)];
            }
        }
        _content = new Content(builder.Build(), states);
        return problems;
    }

    private bool WasRead(string path) => _content.States.Any(state => state.Path == path && state.ReadAt is not null);
}
