using System.Security.Cryptography;
using System.Text;

namespace Sluice.Forwarding;

/// <summary>The section <c>lists</c>, and the lists that rules name by URL.</summary>
public sealed record SubscriptionOptions
{
    /// <summary>How often each is asked for.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Of one list, without content coding.</summary>
    public long MaxBytes { get; init; } = 64 << 20;

    public IReadOnlyList<SubscribedList> Lists { get; init; } = [];

    public bool Equals(SubscriptionOptions? other) => other is not null && (Every, MaxBytes) == (other.Every, other.MaxBytes) && Lists.SequenceEqual(other.Lists);

    public override int GetHashCode() => HashCode.Combine(Every, MaxBytes, Lists.Count);
}

/// <summary>A list behind a URL. Rules know its copy, a list file like any other.</summary>
/// <param name="Url">http or https, without user info.</param>
/// <param name="Path">Of the copy.</param>
/// <param name="Filters">It holds filters, not hosts.</param>
public sealed record SubscribedList(Uri Url, string Path, bool Filters)
{
    private const int LongestName = 80;

    /// <summary>The copy's name says to a person what it is; eight hexadecimal digits tell the URLs apart that would be called the same.</summary>
    public static SubscribedList In(string folder, Uri url, bool filters)
    {
        var name = string.Concat($"{url.IdnHost}-{url.Segments[^1]}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).Trim('_', '-');
        return new(url, System.IO.Path.Combine(folder, $"{name[..Math.Min(name.Length, LongestName)]}-{Mark(url)}.{(filters ? "filters" : "hosts")}"), filters);
    }

    /// <summary>As it is shown and logged: a query may hold a key, so that of the copy's name stands in its place.</summary>
    public string Shown => Url.Query.Length == 0 ? Url.AbsoluteUri : $"{Url.GetLeftPart(UriPartial.Path)}?...{Mark(Url)}";

    public bool IsCalled(string url) => url == Url.AbsoluteUri || url == Url.OriginalString || url == Shown;

    private static string Mark(Uri url) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)).AsSpan(0, 4));
}
