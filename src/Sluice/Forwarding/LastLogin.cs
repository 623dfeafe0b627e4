using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sluice.Policy;

namespace Sluice.Forwarding;

/// <summary>The credentials that were last accepted on a connection: clients send the same with each request. The parser gives a line that is repeated the
/// string of the last head (Http's LastFields), so that mostly not an octet is compared.</summary>
internal sealed class LastLogin
{
    private string? _field;
    private User? _user;

    /// <summary>Who sends that value of Proxy-Authorization, if it was the last and still holds.</summary>
    public User? Find(string field) => _user is not null && IsLast(field) ? _user = _user.Current : null;

    public void Keep(string field, User user) => (_field, _user) = (field, user);

    // Others may speak on the same connection: they shall not learn how much they have guessed.
    private bool IsLast(string field) => ReferenceEquals(field, _field)
        || CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(field.AsSpan()), MemoryMarshal.AsBytes(_field.AsSpan()));
}
