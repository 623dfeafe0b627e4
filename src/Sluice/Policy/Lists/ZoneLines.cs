using System.Text;

namespace Sluice.Policy.Lists;

/// <summary>
/// The lines of a response policy zone (RPZ, draft-vixie-dnsop-dns-rpz) that keep names from being resolved: <c>CNAME .</c>,
/// <c>CNAME *.</c>, <c>CNAME rpz-drop.</c>, and A or AAAA with an address that leads nowhere. An owner names that host, with
/// <c>*.</c> before it all below. Owners are relative to the zone: an <c>$ORIGIN</c> behind them is taken off. What the
/// zone says of itself (SOA, NS) names nothing; other triggers and actions are reported.
/// </summary>
/// <param name="list">Receives what the lines name.</param>
internal sealed class ZoneLines(ListBuilder list)
{
    private byte[] _origin = [];
    private bool _inParentheses;

    /// <summary>Whether what stands behind the first word of a line makes it a record of such a zone.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> behindOwner)
    {
        var type = Type(ref behindOwner);
        return Is(type, "CNAME"u8) || Is(type, "SOA"u8) || Is(type, "NS"u8) || Is(type, "A"u8) || Is(type, "AAAA"u8);
    }

    public void Read(ReadOnlySpan<byte> line, int number)
    {
        line = line.IndexOf((byte)';') is >= 0 and var comment ? line[..comment] : line;
        var continued = _inParentheses;
        _inParentheses = line.LastIndexOf((byte)'(') > line.LastIndexOf((byte)')') || continued && !line.Contains((byte)')');
        var ownerless = line.StartsWith(" "u8) || line.StartsWith("\t"u8);
        var rest = line.Trim(ListText.Blanks);
        if (continued || rest.IsEmpty)
            return;
        if (rest[0] == '$')
        {
            ReadDirective(rest, number);
            return;
        }
        var text = rest;
        var owner = ownerless ? default : ListText.NextWord(ref rest);
        var type = Type(ref rest);
        if (Is(type, "SOA"u8) || Is(type, "NS"u8) || owner.SequenceEqual("@"u8))
            return;
        if (owner.IsEmpty)
            list.Unread(number, text, "names no host");
        else if (WhyNoBlock(type, rest) is { } why)
            list.Unread(number, text, why);
        else
            ReadOwner(owner, number);
    }

    private void ReadDirective(ReadOnlySpan<byte> rest, int number)
    {
        var text = rest;
        var directive = ListText.NextWord(ref rest);
        if (Is(directive, "$ORIGIN"u8))
            _origin = [.. "."u8, .. rest.Trim((byte)'.')];
        else if (!Is(directive, "$TTL"u8))
            list.Unread(number, text, "is not understood");
    }

    private void ReadOwner(ReadOnlySpan<byte> owner, int number)
    {
        var name = owner;
        if (name[^1] == '.')
        {
            name = name[..^1];
            if (_origin.Length > 1 && name.Length > _origin.Length && Ascii.EqualsIgnoreCase(name[^_origin.Length..], _origin))
                name = name[..^_origin.Length];
        }
        var kind = name.StartsWith("*."u8) ? EntryKind.Below : EntryKind.Host;
        if (name[(name.LastIndexOf((byte)'.') + 1)..].StartsWith("rpz-"u8))
            list.Unread(number, owner, "is not the name of a host: only these are compared");
        else if (!list.TryAdd(kind == EntryKind.Below ? name[2..] : name, kind, number))
            list.Unread(number, owner, "is no host name");
    }

    // The type stands behind a TTL and a class, in either order, both optional (RFC 1035 s.5.1).
    private static ReadOnlySpan<byte> Type(ref ReadOnlySpan<byte> rest)
    {
        var word = ListText.NextWord(ref rest);
        for (var i = 0; i < 2 && (Is(word, "IN"u8) || !word.IsEmpty && !word.ContainsAnyExceptInRange((byte)'0', (byte)'9')); i++)
            word = ListText.NextWord(ref rest);
        return word;
    }

    private static string? WhyNoBlock(ReadOnlySpan<byte> type, ReadOnlySpan<byte> target)
    {
        if (Is(type, "A"u8) || Is(type, "AAAA"u8))
            return HostsLine.LeadsNowhere(target) ? null : "gives an address of its own: that blocks nothing";
        if (!Is(type, "CNAME"u8))
            return "has no action that blocks";
        if (target.SequenceEqual("."u8) || target.SequenceEqual("*."u8) || Is(target, "rpz-drop."u8))
            return null;
        return Is(target, "rpz-passthru."u8) ? "is an exception: write it into an allow rule before this one" : "leads to another name: that blocks nothing";
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(word, name);
}
