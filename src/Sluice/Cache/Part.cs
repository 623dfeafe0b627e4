using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What an answer brings of its representation: a 206, or a 200 that may break off.</summary>
/// <param name="Range">Of a 200: the whole.</param>
/// <param name="Validator">The strong one (RFC 9110 s.8.8.1), or null.</param>
/// <param name="Update">Of a 206: the fields as received, those of the representation in place of those of the part. Null: a 200.</param>
internal sealed record Part(ContentRange Range, string? Validator, FieldList? Update, Receipt Receipt)
{
    public bool IsOfPartialContent => Update is not null;
}

/// <summary>An answer for a gap.</summary>
/// <param name="Range">Which octets it brings; the first that is missing is among them.</param>
/// <param name="Writer">Null: they may not be stored.</param>
public sealed record Gap(ByteRange Range, EntryWriter? Writer);
