using System.Buffers;
using System.Text;

namespace Sluice.Policy.Lists;

/// <summary>
/// A line of a hosts file: an address that leads nowhere and the names that are to have it. Each names that host alone,
/// as it would in /etc/hosts. What hosts files say of the machine itself names nothing; a name with a true address is
/// no block, and the line is reported.
/// </summary>
internal static class HostsLine
{
    // As the files of the common collections begin (StevenBlack's, MVPS', Debian's).
    private static readonly byte[][] OwnNames =
    [
        .. ("localhost localhost.localdomain localhost4 localhost4.localdomain4 localhost6 localhost6.localdomain6 local loopback "
            + "broadcasthost 0.0.0.0 ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes ip6-allrouters ip6-allhosts")
            .Split(' ').Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly SearchValues<byte> DigitsAndDot = SearchValues.Create("0123456789."u8);

    public static void Read(ReadOnlySpan<byte> line, int number, ListBuilder list)
    {
        var rest = line.IndexOf((byte)'#') is >= 0 and var comment ? line[..comment] : line;
        rest = rest.Trim(ListText.Blanks);
        if (rest.IsEmpty)
            return;
        var address = ListText.NextWord(ref rest);
        if (!IsAddress(address))
            list.Unread(number, address, "is no address, with which a line of a hosts file begins");
        else if (rest.IsEmpty)
            list.Unread(number, address, "has no name behind it");
        else
            ReadNames(address, rest, number, list);
    }

    /// <summary>Whether the word can only be meant as an address, right or not.</summary>
    public static bool IsAddress(ReadOnlySpan<byte> word) =>
        word.Contains((byte)':') || !word.IsEmpty && !word.ContainsAnyExcept(DigitsAndDot);

    /// <summary>An address that a name gets so that nobody reaches it.</summary>
    public static bool LeadsNowhere(ReadOnlySpan<byte> address) =>
        address.SequenceEqual("0.0.0.0"u8) || address.SequenceEqual("127.0.0.1"u8) || address.SequenceEqual("0"u8)
        || address.SequenceEqual("::"u8) || address.SequenceEqual("::1"u8);

    private static void ReadNames(ReadOnlySpan<byte> address, ReadOnlySpan<byte> names, int number, ListBuilder list)
    {
        var blocks = LeadsNowhere(address);
        while (!names.IsEmpty)
        {
            var name = ListText.NextWord(ref names);
            if (IsOwn(name))
                continue;
            if (!blocks)
            {
                list.Unread(number, address, "is an address of its own: such a line blocks nothing");
                return;
            }
            if (!list.TryAdd(name, EntryKind.Host, number))
                list.Unread(number, name, "is no host name");
        }
    }

    private static bool IsOwn(ReadOnlySpan<byte> name)
    {
        foreach (var own in OwnNames)
        {
            if (Ascii.EqualsIgnoreCase(own, name))
                return true;
        }
        return false;
    }
}
