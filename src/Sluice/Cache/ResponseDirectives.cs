using Sluice.Http;

namespace Sluice.Cache;

/// <summary>Cache-Control of a response (RFC 9111 s.5.2.2, RFC 5861, RFC 8246). Seconds are -1 where the directive is absent.
/// Of a directive that comes twice the first counts (s.4.2.1); of a directive in both forms the stricter one.</summary>
internal struct ResponseDirectives
{
    public bool NoStore { get; private set; }

    /// <summary>The form without field names.</summary>
    public bool NoCache { get; private set; }

    public bool Private { get; private set; }

    public bool Public { get; private set; }

    public bool MustRevalidate { get; private set; }

    public bool ProxyRevalidate { get; private set; }

    public bool MustUnderstand { get; private set; }

    public bool Immutable { get; private set; }

    /// <summary>Read from a targeted field: Cache-Control and Expires are ignored (RFC 9213 s.2.2).</summary>
    public bool IsTargeted { get; private set; }

    public long MaxAge { get; private set; }

    public long SharedMaxAge { get; private set; }

    public long StaleWhileRevalidate { get; private set; }

    public long StaleIfError { get; private set; }

    /// <summary>Names from <c>no-cache="..."</c> and <c>private="..."</c>, comma separated: fields that a stored
    /// answer is served without (s.5.2.2.4, s.5.2.2.7). Null where there are none.</summary>
    public string? WithheldFields { get; private set; }

    // RFC 9111 s.4.2.4, s.5.2.2.2, s.5.2.2.8, s.5.2.2.10: s-maxage includes proxy-revalidate.
    public readonly bool ForbidsStale => NoCache || MustRevalidate || ProxyRevalidate || SharedMaxAge >= 0;

    public const int NumberCount = 5;

    /// <summary>To be written down; the withheld fields are gone from the head already.</summary>
    public readonly long[] Numbers =>
    [
        (NoStore ? 1 : 0) | (NoCache ? 2 : 0) | (Private ? 4 : 0) | (Public ? 8 : 0) | (MustRevalidate ? 16 : 0) | (ProxyRevalidate ? 32 : 0)
            | (MustUnderstand ? 64 : 0) | (Immutable ? 128 : 0) | (IsTargeted ? 256 : 0),
        MaxAge, SharedMaxAge, StaleWhileRevalidate, StaleIfError,
    ];

    public static ResponseDirectives Restore(ReadOnlySpan<long> numbers) => new()
    {
        NoStore = (numbers[0] & 1) != 0, NoCache = (numbers[0] & 2) != 0, Private = (numbers[0] & 4) != 0, Public = (numbers[0] & 8) != 0,
        MustRevalidate = (numbers[0] & 16) != 0, ProxyRevalidate = (numbers[0] & 32) != 0, MustUnderstand = (numbers[0] & 64) != 0,
        Immutable = (numbers[0] & 128) != 0, IsTargeted = (numbers[0] & 256) != 0,
        MaxAge = numbers[1], SharedMaxAge = numbers[2], StaleWhileRevalidate = numbers[3], StaleIfError = numbers[4],
    };

    private static readonly ResponseDirectives None = new() { MaxAge = -1, SharedMaxAge = -1, StaleWhileRevalidate = -1, StaleIfError = -1 };

    /// <summary>Line by line: an unclosed quote in one hides nothing of the next.</summary>
    /// <param name="targets">The fields that go before Cache-Control.</param>
    public static ResponseDirectives Of(FieldList fields, string[] targets)
    {
        if (TargetedFields.TryRead(fields, targets, out var directives))
            return directives;
        directives = None;
        foreach (ref readonly var line in fields.Lines)
            if (FieldList.SameName(line.Name, FieldNames.CacheControl))
                directives.Read(line.Value);
        return directives;
    }

    /// <summary>RFC 9213 s.2.1: a dictionary; a value of another type than the directive's is not consumed. False: it is empty or malformed.</summary>
    public static bool TryReadTargeted(string value, out ResponseDirectives directives)
    {
        directives = None;
        directives.IsTargeted = true;
        var reader = new StructuredReader(value);
        // RFC 9651 s.4.2.2: of a key that comes again the last counts.
        var said = new Dictionary<string, TargetedValue>(StringComparer.Ordinal);
        while (reader.TryKey())
            said[reader.Key.ToString()] = new TargetedValue(reader.Type, reader.Integer, reader.Boolean, reader.Text);
        if (reader.Failed || said.Count == 0)
            return false;
        foreach (var (name, argument) in said)
            directives.Take(name, argument);
        return true;
    }

    /// <summary>Under a rule. Where that overrules no-cache, what it says of stale answers still holds: they are validated.</summary>
    /// <param name="staleWhileRevalidate">-1: as the origin says.</param>
    /// <param name="staleIfError">-1: as the origin says.</param>
    /// <param name="overrides">Whether the two hold where the origin says something itself.</param>
    public readonly ResponseDirectives Under(bool overrulesNoCache, long staleWhileRevalidate, long staleIfError, bool overrides)
    {
        var under = this;
        if (overrulesNoCache && NoCache)
            (under.NoCache, under.MustRevalidate) = (false, true);
        if (staleWhileRevalidate >= 0 && (overrides || StaleWhileRevalidate < 0))
            under.StaleWhileRevalidate = staleWhileRevalidate;
        if (staleIfError >= 0 && (overrides || StaleIfError < 0))
            under.StaleIfError = staleIfError;
        return under;
    }

    private readonly record struct TargetedValue(StructuredType Type, long Integer, bool Boolean, string Text)
    {
        public bool IsTrue => Type == StructuredType.Boolean && Boolean;

        /// <summary>-1: none.</summary>
        public long Seconds => Type == StructuredType.Integer ? Math.Clamp(Integer, 0, DirectiveReader.MaxSeconds) : -1;
    }

    private void Take(string name, in TargetedValue value)
    {
        switch (name)
        {
            case "public":
                Public = value.IsTrue;
                break;
            case "max-age":
                MaxAge = value.Seconds;
                break;
            case "private":
                Private = value.IsTrue || !Withholds(value);
                break;
            case "no-store":
                NoStore = value.IsTrue;
                break;
            case "no-cache":
                NoCache = value.IsTrue || !Withholds(value);
                break;
            case "s-maxage":
                SharedMaxAge = value.Seconds;
                break;
            case "immutable":
                Immutable = value.IsTrue;
                break;
            case "stale-if-error":
                StaleIfError = value.Seconds;
                break;
            case "must-revalidate":
                MustRevalidate = value.IsTrue;
                break;
            case "must-understand":
                MustUnderstand = value.IsTrue;
                break;
            case "proxy-revalidate":
                ProxyRevalidate = value.IsTrue;
                break;
            case "stale-while-revalidate":
                StaleWhileRevalidate = value.Seconds;
                break;
        }
    }

    private void Read(string line)
    {
        var reader = new DirectiveReader(line);
        while (reader.Next())
        {
            switch (reader.Name.Length)
            {
                case 6 when reader.Is("public"):
                    Public |= !reader.IsMalformed;
                    break;
                case 7 when reader.Is("max-age"):
                    MaxAge = First(MaxAge, reader);
                    break;
                case 7 when reader.Is("private"):
                    Private |= !Withholds(reader);
                    break;
                case 8 when reader.Is("no-store"):
                    NoStore = true;
                    break;
                case 8 when reader.Is("no-cache"):
                    NoCache |= !Withholds(reader);
                    break;
                case 8 when reader.Is("s-maxage"):
                    SharedMaxAge = First(SharedMaxAge, reader);
                    break;
                case 9 when reader.Is("immutable"):
                    Immutable |= !reader.IsMalformed;
                    break;
                case 14 when reader.Is("stale-if-error"):
                    StaleIfError = First(StaleIfError, reader);
                    break;
                case 15 when reader.Is("must-revalidate"):
                    MustRevalidate = true;
                    break;
                case 15 when reader.Is("must-understand"):
                    MustUnderstand = true;
                    break;
                case 16 when reader.Is("proxy-revalidate"):
                    ProxyRevalidate = true;
                    break;
                case 22 when reader.Is("stale-while-revalidate"):
                    StaleWhileRevalidate = First(StaleWhileRevalidate, reader);
                    break;
            }
        }
    }

    private static long First(long earlier, in DirectiveReader reader) => earlier < 0 ? reader.Seconds : earlier;

    /// <summary>The form with field names restricts only these; a list that is not in quotes, is empty or malformed
    /// counts as the form without, the stricter one.</summary>
    private bool Withholds(in DirectiveReader reader)
    {
        var list = reader.Argument.Trim(" \t,");
        if (!reader.IsQuoted || reader.IsMalformed || list.IsEmpty)
            return false;
        Withhold(list.ToString());
        return true;
    }

    /// <summary>True also for a value that is not consumed.</summary>
    private bool Withholds(in TargetedValue value)
    {
        if (value.Type != StructuredType.String)
            return true;
        var list = value.Text.Trim(' ', '\t', ',');
        if (list.Length > 0)
            Withhold(list);
        return list.Length > 0;
    }

    private void Withhold(string list) => WithheldFields = WithheldFields is null ? list : $"{WithheldFields},{list}";
}
