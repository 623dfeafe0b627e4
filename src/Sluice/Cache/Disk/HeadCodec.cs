// A head as octets.
//
// What: what the memory tier keeps of an entry beside its body: key, status, fields, trailers, what it varies by, the arithmetic of
// its freshness.
// Strategy: numbers in groups of seven bits, texts with their length before them, and items with a tag for what is often absent. The reader
// takes any octets: what does not fit is no head.
// Facts: keys may hold any character (a listener's name), so they are UTF-16; the rest came over the wire and is Latin-1. A record is read
// again by the version of the program that wrote it, or one that knows its version number; other stores are begun anew.
using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache.Disk;

internal static class HeadCodec
{
    /// <summary>Of all that is written here; another version's store is not read.</summary>
    public const int Version = 2;

    private enum Item : byte
    {
        End,
        Trailers,
        Rule,
        SoftlyPurged,
        From,
        GroupStamp,
    }

    /// <param name="life">In which numbers of this process mean something: readings of its steady clock, stamps.</param>
    public static void Write(IBufferWriter<byte> into, in CacheKey key, EntryHead head, FieldList? trailers, long banStamp, long life)
    {
        var to = new Writer(into);
        to.Wide(key.Scope);
        to.Wide(key.Scheme);
        to.Wide(key.Host);
        to.Number(key.Port);
        to.Wide(key.PathAndQuery);
        to.Number(head.Status);
        to.Number(banStamp);
        to.Number(life);
        Write(ref to, head.Fields);
        to.Number(head.Vary.Count);
        foreach (var (name, value) in head.Vary.Values)
        {
            to.Text(name);
            to.Number(value is null ? 0 : 1);
            to.Text(value ?? "");
        }
        foreach (var number in head.Freshness.Numbers)
            to.Number(number);
        foreach (var number in head.Directives.Numbers)
            to.Number(number);
        if (trailers is not null)
        {
            to.Octet((byte)Item.Trailers);
            Write(ref to, trailers);
        }
        if (head.Rule is { } rule)
        {
            to.Octet((byte)Item.Rule);
            to.Wide(rule);
        }
        if (head.IsSoftlyPurged)
            to.Octet((byte)Item.SoftlyPurged);
        if (head.From is { } source)
        {
            to.Octet((byte)Item.From);
            to.Wide(source.Address.ToString());
            to.Number(source.Port);
        }
        if (head.Groups is not null)
        {
            to.Octet((byte)Item.GroupStamp);
            to.Number(head.GroupStamp);
        }
        to.Octet((byte)Item.End);
    }

    /// <summary>Null: it is no head, or one of another key whose hash is the same.</summary>
    /// <param name="now">What was received later than now was so before a clock stepped back: its age is not known.</param>
    public static ReadHead? Read(ReadOnlySpan<byte> octets, in CacheKey key, in Moment now, long life)
    {
        var from = new Reader(octets);
        return from.IsWide(key.Scope) && from.IsWide(key.Scheme) && from.IsWide(key.Host) && from.Number() == key.Port && from.IsWide(key.PathAndQuery)
            ? Read(ref from, key, now, life)
            : null;
    }

    /// <summary>The same for whoever does not know the key.</summary>
    public static ReadHead? Read(ReadOnlySpan<byte> octets, in Moment now, long life)
    {
        var from = new Reader(octets);
        var (scope, scheme, host) = (from.Wide(), from.Wide(), from.Wide());
        var port = from.Number();
        var path = from.Wide();
        return from.Failed || port is < 0 or > ushort.MaxValue ? null : Read(ref from, new CacheKey(scope, scheme, host, (int)port, path), now, life);
    }

    private static ReadHead? Read(ref Reader from, in CacheKey key, in Moment now, long life)
    {
        var status = from.Number();
        var banStamp = from.Number();
        var isOfThisLife = from.Number() == life;
        var fields = ReadFields(ref from);
        var vary = ReadVary(ref from);
        Span<long> freshness = stackalloc long[Freshness.NumberCount];
        foreach (ref var number in freshness)
            number = from.Number();
        Span<long> directives = stackalloc long[ResponseDirectives.NumberCount];
        foreach (ref var number in directives)
            number = from.Number();
        FieldList? trailers = null;
        string? rule = null;
        IPEndPoint? source = null;
        var groupStamp = GroupStamps.OfAnotherLife;
        var purged = false;
        for (Item item; !from.Failed && (item = (Item)from.Octet()) != Item.End;)
        {
            switch (item)
            {
                case Item.Trailers:
                    trailers = ReadFields(ref from);
                    break;
                case Item.Rule:
                    rule = from.Wide();
                    break;
                case Item.SoftlyPurged:
                    purged = true;
                    break;
                case Item.From:
                    if (!IPAddress.TryParse(from.Wide(), out var address) || from.Number() is not (>= 0 and <= ushort.MaxValue and var sourcePort))
                        return null;
                    source = new IPEndPoint(address, (int)sourcePort);
                    break;
                case Item.GroupStamp:
                    var stamp = from.Number();
                    groupStamp = isOfThisLife ? stamp : groupStamp;
                    break;
                default:
                    return null;
            }
        }
        return from.Failed || status is < 200 or > 599 || Freshness.Restore(freshness, now, isOfThisLife) is not { } restored
            ? null
            : new ReadHead(key, EntryHead.Restore(
                (int)status, fields, vary, ResponseDirectives.Restore(directives), restored, source, groupStamp, rule, purged), trailers, banStamp);
    }

    private static void Write(ref Writer to, FieldList fields)
    {
        to.Number(fields.Count);
        foreach (ref readonly var line in fields.Lines)
        {
            to.Text(line.Name);
            to.Text(line.Value);
        }
    }

    private static FieldList ReadFields(ref Reader from)
    {
        var count = from.Count();
        var fields = new FieldList(count);
        for (var i = 0; i < count && !from.Failed; i++)
            fields.Add(from.Name(), from.Text());
        return fields;
    }

    private static Vary ReadVary(ref Reader from)
    {
        var count = from.Count();
        if (count == 0)
            return Vary.Nothing;
        var (names, values) = (new string[count], new string?[count]);
        for (var i = 0; i < count && !from.Failed; i++)
        {
            names[i] = from.Name();
            var isThere = from.Number() != 0;
            var value = from.Text();
            values[i] = isThere ? value : null;
        }
        return Vary.Restore(names, values);
    }

    private readonly ref struct Writer(IBufferWriter<byte> into)
    {
        public void Octet(byte octet)
        {
            into.GetSpan(1)[0] = octet;
            into.Advance(1);
        }

        // Most numbers are small: seven bits an octet, the sign in front.
        public void Number(long number)
        {
            var bits = (ulong)(number << 1 ^ number >> 63);
            var span = into.GetSpan(10);
            var length = 0;
            for (; bits >= 0x80; bits >>= 7)
                span[length++] = (byte)(bits | 0x80);
            span[length++] = (byte)bits;
            into.Advance(length);
        }

        public void Text(string text)
        {
            Number(text.Length);
            into.Advance(Encoding.Latin1.GetBytes(text, into.GetSpan(text.Length)));
        }

        public void Wide(string text)
        {
            Number(text.Length);
            into.Write(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public bool Failed { get; private set; }

        public byte Octet() => Take(1) is { IsEmpty: false } octet ? octet[0] : (byte)0;

        public long Number()
        {
            ulong bits = 0;
            for (var shift = 0; shift < 70; shift += 7)
            {
                var octet = Octet();
                bits |= (ulong)(octet & 0x7f) << shift;
                if (octet < 0x80)
                    return (long)(bits >> 1) ^ -(long)(bits & 1);
            }
            Failed = true;
            return 0;
        }

        /// <summary>A number of things of which each takes an octet at least.</summary>
        public int Count()
        {
            var number = Number();
            if (number >= 0 && number <= _rest.Length)
                return (int)number;
            Failed = true;
            return 0;
        }

        public string Text() => Encoding.Latin1.GetString(Take(Count()));

        public string Name() => Take(Count()) is { IsEmpty: false } name ? KnownNames.Get(name) : "";

        public string Wide() => new(MemoryMarshal.Cast<byte, char>(Take(2 * Count())));

        public bool IsWide(string text) =>
            Number() == text.Length && Take(2 * text.Length).SequenceEqual(MemoryMarshal.AsBytes(text.AsSpan())) && !Failed;

        private ReadOnlySpan<byte> Take(int length)
        {
            if (Failed || length > _rest.Length)
            {
                Failed = true;
                return default;
            }
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}

/// <param name="BanStamp">See <see cref="Bans"/>.</param>
internal sealed record ReadHead(CacheKey Key, EntryHead Head, FieldList? Trailers, long BanStamp);
