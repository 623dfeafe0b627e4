using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>The parameters of a request, each at most once but for <c>field</c> and <c>group</c>.</summary>
internal sealed class Query
{
    private readonly IQueryCollection _given;

    public Query(IQueryCollection given, string[] known)
    {
        _given = given;
        foreach (var (name, values) in given)
        {
            if (!known.Contains(name))
                throw CacheEndpoints.Wrong($"unknown parameter '{name}'{(known.Length == 0 ? ", there is none" : $", known: {string.Join(", ", known)}")}");
            if (values.Count > 1 && name is not ("field" or "group"))
                throw CacheEndpoints.Wrong($"{name}: is there more than once");
        }
    }

    public string? this[string name] => _given.TryGetValue(name, out var values) ? values.ToString() : null;

    public StringValues All(string name) => _given.TryGetValue(name, out var values) ? values : StringValues.Empty;

    /// <summary>The conditions on records among them, by their names.</summary>
    public RecordFilter Filter(DateTimeOffset now)
    {
        var filter = RecordFilter.All;
        foreach (var name in RecordFilter.Names)
            if (this[name] is { } value && RecordFilter.TryAdd(ref filter, name, value, now) is { } wrong)
                throw CacheEndpoints.Wrong(wrong);
        return filter;
    }
}
