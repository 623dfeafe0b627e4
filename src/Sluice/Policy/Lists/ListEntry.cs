using Sluice.Http;

namespace Sluice.Policy.Lists;

internal enum EntryKind : byte
{
    /// <summary><c>example.com</c>: that host and no other.</summary>
    Host,

    /// <summary><c>*.example.com</c>: all below it.</summary>
    Below,

    /// <summary><c>.example.com</c>: the host and all below it.</summary>
    Domain,

    /// <summary><c>/banner/</c>: anywhere in path and query.</summary>
    UrlPart,

    /// <summary><c>file:*.exe</c>: the last segment of the path.</summary>
    FileName,
}

/// <summary>One entry of a list.</summary>
/// <param name="Kind">What <paramref name="Host"/> means where there is one; else what <paramref name="Text"/> means.</param>
/// <param name="Host">Canonical (<see cref="HostText"/>); empty for entries that name none.</param>
/// <param name="Text">The URL part, the path's prefix behind a host (empty: every path), or the file name.</param>
/// <param name="Line">From 1.</param>
internal readonly record struct ListEntry(EntryKind Kind, string Host, string Text, int Line)
{
    /// <summary>As a line of our own.</summary>
    public override string ToString() => Kind switch
    {
        EntryKind.UrlPart => Text,
        EntryKind.FileName => $"file:{Text}",
        EntryKind.Host => Host + Text,
        EntryKind.Below => $"*.{Host}{Text}",
        _ => $".{Host}{Text}",
    };
}
