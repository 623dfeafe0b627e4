using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What is sent to have stored answers confirmed (RFC 9111 s.4.3.1), and of which of them a 304 speaks (s.4.3.4).</summary>
internal static class Validation
{
    /// <summary>Tags sent to let the origin choose among variants.</summary>
    private const int MaxTags = 16;

    /// <summary>Conditions for the selected entry, else the tags of all variants; null where nothing has a validator.
    /// The client's own tags are added to ours: it may hold a newer answer than we do (s.4.3.2).</summary>
    public static FieldList? ConditionsFor(Entry? selected, Entry[] variants, string? clientTags)
    {
        var fields = new FieldList(2);
        var tags = string.Join(", ", Asked(selected, variants)
            .Select(e => e.Head.ETag).Where(t => t is not null && EntityTag.IsValid(t)).Distinct().Take(MaxTags));
        if (tags.Length > 0)
            fields.Add(FieldNames.IfNoneMatch, HasTags(clientTags) ? $"{tags}, {clientTags}" : tags);
        if (selected?.Head.Fields.Get(FieldNames.LastModified) is { } modified)
            fields.Add(FieldNames.IfModifiedSince, modified);
        return fields.Count == 0 ? null : fields;
    }

    /// <summary>A strong tag names the entry that has it; a weak one, or Last-Modified, the latest that has it; a 304
    /// with neither the only one asked about. Null where it names none of ours.</summary>
    public static Entry? Confirmed(Entry? selected, Entry[] variants, string? clientTags, FieldList update)
    {
        var asked = Asked(selected, variants);
        if (update.Get(FieldNames.ETag) is { } tag)
            return asked
                .Where(e => e.Head.ETag is { } held && (held == tag || EntityTag.IsWeak(tag) && EntityTag.WeakEquals(held, tag)))
                .MaxBy(e => e.Head.Date);
        // Without a tag it may as well speak of the client's.
        if (asked.Length != 1 || HasTags(clientTags) && asked[0].Head.ETag is not null)
            return null;
        var modified = update.Get(FieldNames.LastModified);
        return modified is null || asked[0].Head.Fields.Get(FieldNames.LastModified) is not { } held || modified == held ? asked[0] : null;
    }

    /// <summary>RFC 9111 s.4.3.5: does the 200 of a HEAD speak of this entry?</summary>
    public static bool Agrees(Entry stored, FieldList head)
    {
        foreach (var name in (ReadOnlySpan<string>)[FieldNames.ETag, FieldNames.LastModified, FieldNames.ContentLength])
            if (head.Get(name) is { } value && value != stored.Head.Fields.Get(name))
                return false;
        return true;
    }

    /// <summary>A part is not asked about unless it is the one: to confirm it would not answer the request. Nor is what may have another
    /// client's links in it: its tag may be that of everybody's.</summary>
    private static Entry[] Asked(Entry? selected, Entry[] variants) =>
        selected is null ? Array.FindAll(variants, e => e.Partial is null && !e.Head.Vary.IsOfOneSide) : [selected];

    private static bool HasTags(string? clientTags) => clientTags is not null and not "*";
}
