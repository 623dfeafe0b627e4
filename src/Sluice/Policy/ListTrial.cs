using Sluice.Policy.Filters;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>Whether what came from elsewhere can be a list: a page that says with status 200 that something is wrong must not take the place of a good one.</summary>
public static class ListTrial
{
    private const int Beginning = 4096;

    /// <param name="content">Read from where it stands; with a length.</param>
    /// <param name="filters">Filters are wanted, not hosts.</param>
    /// <returns>Why it cannot, to be said after what it is about; null: it can.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? WhyNot(Stream content, bool filters)
    {
        lock (ListSource.OneAtATime)
        {
            if (WhyNoText(content) is { } wrong)
                return wrong;
            var (entries, unread) = filters ? CountFilters(content) : CountHosts(content);
            return entries < 0 ? "is a list of filters: name it under 'filters' instead of 'hosts'"
                : entries == 0 ? $"holds nothing that is understood ({Count(unread)})"
                : unread > entries ? $"is mostly not understood ({Count(unread)} beside {entries} entries)"
                : null;
        }
    }

    private static string Count(int unread) => unread == 1 ? "1 line is not" : $"{unread} lines are not";

    /// <summary>No format of lists begins with a tag or holds NUL.</summary>
    private static string? WhyNoText(Stream content)
    {
        var begin = content.Position;
        Span<byte> block = stackalloc byte[Beginning];
        var read = content.ReadAtLeast(block, Beginning, throwOnEndOfStream: false);
        content.Position = begin;
        var head = block[..read];
        if (head.StartsWith("\uFEFF"u8))
            head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        return head.IsEmpty && read < Beginning ? "is empty"
            : head.StartsWith((byte)'<') ? "is a page (HTML or XML) and no list"
            : head.Contains((byte)0) ? "is no text"
            : null;
    }

    private static (int Entries, int Unread) CountHosts(Stream content)
    {
        var list = ListContent.Read(content, "", content.Length - content.Position);
        return list.Format == ListFormat.Adblock ? (-1, 0) : (list.Index.Count, list.UnreadLines);
    }

    private static (int Entries, int Unread) CountFilters(Stream content)
    {
        var octets = new byte[content.Length - content.Position];
        content.ReadExactly(octets);
        var counts = new FilterSetBuilder().Add(octets, "", []);
        return (counts.Filters, counts.Faults);
    }
}
