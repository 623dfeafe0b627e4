using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Sluice.Policy;

namespace Sluice.Dashboard.Access;

/// <summary>Somebody who has logged in, from one browser.</summary>
/// <param name="User">As it was proven: <see cref="Policy.User.Current"/> says whether that still holds.</param>
/// <param name="FormToken">Stands in every form that this browser gets, and comes back with it.</param>
internal sealed record Session(User User, string FormToken, DateTimeOffset Began)
{
    public DateTimeOffset LastSeen { get; set; } = Began;
}

/// <summary>The sessions, which this process alone knows: what the browser holds is a name for one and says nothing. They end by logout, after two hours unused, after
/// twelve in any case, with their user's password or place in the file, and with the process. Safe for concurrent use.</summary>
internal sealed class Sessions(TimeProvider time)
{
    public static readonly TimeSpan MostUnused = TimeSpan.FromHours(2);

    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    /// <summary>Of one user: with another the oldest ends.</summary>
    public const int MostOfAUser = 16;

    private readonly Lock _lock = new();
    // By the name's digest: comparing tells nothing of it, and neither does a dump of the memory.
    private readonly Dictionary<string, Session> _sessions = [];

    /// <summary>The name of a new one: 256 random bits.</summary>
    public string Begin(User user)
    {
        var name = NewToken();
        lock (_lock)
        {
            foreach (var key in _sessions.Where(other => !Holds(other.Value)).Select(other => other.Key).ToList())
                _sessions.Remove(key);
            var own = _sessions.Where(other => other.Value.User.Name == user.Name).OrderByDescending(other => other.Value.Began).Skip(MostOfAUser - 1).Select(other => other.Key).ToList();
            foreach (var key in own)
                _sessions.Remove(key);
            _sessions[KeyOf(name)] = new Session(user, NewToken(), time.GetUtcNow());
        }
        return name;
    }

    /// <summary>Null: there is none of that name, or it has ended.</summary>
    public Session? Find(string? name)
    {
        if (name is null)
            return null;
        lock (_lock)
        {
            if (_sessions.GetValueOrDefault(KeyOf(name)) is not { } session || !Holds(session))
                return null;
            session.LastSeen = time.GetUtcNow();
            return session;
        }
    }

    public void End(string name)
    {
        lock (_lock)
            _sessions.Remove(KeyOf(name));
    }

    public static string NewToken() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));

    private bool Holds(Session session) =>
        time.GetUtcNow() is var now && now - session.LastSeen < MostUnused && now - session.Began < Longest && session.User.Current is not null;

    private static string KeyOf(string name) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
