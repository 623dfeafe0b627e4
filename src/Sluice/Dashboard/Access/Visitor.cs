using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sluice.Dashboard.Access;

/// <summary>Who makes a request of the dashboard.</summary>
/// <param name="Name">The user; null: nobody needs to log in, or it is a script.</param>
/// <param name="FormToken">What its forms carry; null: it gets none, as a script.</param>
internal sealed record Visitor(string? Name, string? FormToken)
{
    /// <summary>Whom records of what was done name.</summary>
    public string Shown => Name ?? (FormToken is null ? "a script" : "the dashboard");

    public static Visitor Of(HttpContext context) => context.Features.Get<Visitor>() ?? throw new InvalidOperationException("asked for before the door");

    /// <summary>The form brings back what stood in it.</summary>
    public bool Sent(string? formToken) =>
        FormToken is not null && formToken is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(FormToken), Encoding.UTF8.GetBytes(formToken));
}
