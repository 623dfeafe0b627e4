namespace Sluice.Policy.Lists;

/// <summary>
/// A line of dnsmasq's configuration that keeps domains from being resolved: <c>address=/DOMAIN/[DOMAIN/...]ADDRESS</c>
/// with none, <c>#</c> or one that leads nowhere, and <c>server=</c> or <c>local=</c> with none. It names each domain
/// and all below it. Other options, true addresses and other servers block nothing and are reported.
/// </summary>
internal static class DnsmasqLine
{
    /// <summary>Whether the line is one of these, right or not.</summary>
    public static bool IsOne(ReadOnlySpan<byte> line) =>
        line.StartsWith("address=/"u8) || line.StartsWith("server=/"u8) || line.StartsWith("local=/"u8);

    public static void Read(ReadOnlySpan<byte> line, int number, ListBuilder list)
    {
        var text = ListText.WithoutComment(line).Trim(ListText.Blanks);
        if (text.IsEmpty)
            return;
        if (!IsOne(text))
        {
            list.Unread(number, text, "is no address=/, server=/ or local=/ of dnsmasq");
            return;
        }
        var (first, last) = (text.IndexOf((byte)'/'), text.LastIndexOf((byte)'/'));
        var target = text[(last + 1)..];
        if (first == last)
            list.Unread(number, text, "has no '/' behind its domain");
        else if (!(target.IsEmpty || text[0] == 'a' && (target.SequenceEqual("#"u8) || HostsLine.LeadsNowhere(target))))
            list.Unread(number, text, text[0] == 'a' ? "gives an address of its own: that blocks nothing" : "names another server: that blocks nothing");
        else
            ReadDomains(text[(first + 1)..last], text, number, list);
    }

    private static void ReadDomains(ReadOnlySpan<byte> domains, ReadOnlySpan<byte> text, int number, ListBuilder list)
    {
        foreach (var range in domains.Split((byte)'/'))
        {
            var domain = domains[range];
            if (domain.SequenceEqual("#"u8))
                list.Unread(number, text, "would match every host: for that write a rule without hosts");
            else if (!list.TryAdd(domain.StartsWith("."u8) ? domain[1..] : domain, EntryKind.Domain, number))
                list.Unread(number, domain, "is no domain");
        }
    }
}
