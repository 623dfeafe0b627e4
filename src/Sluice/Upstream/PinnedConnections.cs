using Sluice.Http;

namespace Sluice.Upstream;

/// <summary>The upstream connections that belong to one client's connection until it closes, because they were authenticated as a whole
/// (<see cref="ConnectionAuthentication"/>). Used by one exchange at a time, as they come one after the other.</summary>
public sealed class PinnedConnections : IDisposable
{
    private List<UpstreamConnection>? _idle;

    public bool IsEmpty => _idle is null or [];

    internal UpstreamConnection? Take(Destination to)
    {
        var at = _idle?.FindIndex(connection => connection.To == to) ?? -1;
        if (at < 0)
            return null;
        var taken = _idle![at];
        _idle.RemoveAt(at);
        return taken;
    }

    internal void Keep(UpstreamConnection connection) => (_idle ??= []).Add(connection);

    public void Dispose()
    {
        _idle?.ForEach(static connection => connection.Dispose());
        _idle = null;
    }
}
