using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// Age and freshness lifetime of a stored response (RFC 9111 s.4.2), computed once when it is received.
/// <code>
/// apparent_age        = max(0, response_time - Date)
/// corrected_age_value = Age + (response_time - request_time)
/// initial age         = max(apparent_age, corrected_age_value)
/// age now             = initial age + (now - response_time)
/// fresh               : lifetime > age now
/// </code>
/// All in ticks; lifetimes and ages are at most 2^31 seconds (s.1.2.2), so no sum overflows. Spans of time are measured by
/// two clocks (<see cref="Moment"/>): whoever sets the wall clock makes nothing younger than it is.
/// </summary>
internal readonly struct Freshness
{
    /// <summary>RFC 9111 s.4.2.2: a heuristic takes 10 % of the time since the last modification ...</summary>
    private const int HeuristicDivisor = 10;

    /// <summary>... and ours at most a day: who wants more says so.</summary>
    private static readonly TimeSpan MaxHeuristic = TimeSpan.FromDays(1);

    private readonly Moment _response;

    /// <param name="mayGuess">Whether a heuristic may stand in where nobody says how long.</param>
    public Freshness(int status, FieldList fields, in ResponseDirectives directives, in Receipt receipt, bool mayGuess)
    {
        _response = receipt.Came;
        // RFC 9110 s.6.6.1: without a (valid) Date the time of receipt stands for it.
        var date = DateOf(fields, ResponseTime);
        // Date counts whole seconds: so does what is measured against it.
        var received = _response.WallTicks - _response.WallTicks % TimeSpan.TicksPerSecond;
        var apparentAge = Math.Max(0, received - date.UtcTicks);
        AgeValueTicks = AgeOf(fields) * TimeSpan.TicksPerSecond;
        DelayTicks = _response.TicksSince(receipt.Asked);
        InitialAgeTicks = Math.Max(apparentAge, AgeValueTicks + DelayTicks);
        LifetimeTicks = Lifetime(status, fields, directives, date, ResponseTime, mayGuess);
    }

    private Freshness(in Freshness other, long lifetimeTicks)
    {
        this = other;
        LifetimeTicks = lifetimeTicks;
    }

    private Freshness(ReadOnlySpan<long> numbers, long initialAgeTicks, in Moment response)
    {
        (LifetimeTicks, InitialAgeTicks, _response, AgeValueTicks, DelayTicks) = (numbers[0], initialAgeTicks, response, numbers[3], numbers[4]);
    }

    public const int NumberCount = 6;

    /// <summary>To be written down.</summary>
    public long[] Numbers => [LifetimeTicks, InitialAgeTicks, _response.WallTicks, AgeValueTicks, DelayTicks, _response.SteadyTicks];

    public long LifetimeTicks { get; }

    /// <summary>The Age that it came with.</summary>
    public long AgeValueTicks { get; }

    public long DelayTicks { get; }

    /// <summary>corrected_initial_age</summary>
    public long InitialAgeTicks { get; }

    public DateTimeOffset ResponseTime => _response.Wall;

    public long AgeTicks(in Moment now) => InitialAgeTicks + now.TicksSince(_response);

    /// <summary>Negative: stale since.</summary>
    public long LeftTicks(in Moment now) => LifetimeTicks - AgeTicks(now);

    /// <summary>What was written down of one; null: that cannot have been.</summary>
    /// <param name="isOfThisLife">It was so by the same steady clock. If not, only the wall can tell how old it is by now; where it was
    /// received later than now, that clock has stepped back since, and nobody knows: it is as old as can be.</param>
    public static Freshness? Restore(ReadOnlySpan<long> numbers, in Moment now, bool isOfThisLife)
    {
        foreach (var number in numbers[..5])
            if (number is < 0 or > long.MaxValue / 4)
                return null;
        if (numbers[2] > DateTimeOffset.MaxValue.UtcTicks || numbers[5] is < -(long.MaxValue / 4) or > long.MaxValue / 4)
            return null;
        if (isOfThisLife)
            return new Freshness(numbers, numbers[1], new Moment(numbers[2], numbers[5]));
        var elapsed = now.WallTicks - numbers[2];
        return new Freshness(numbers, elapsed < 0 ? DirectiveReader.MaxSeconds * TimeSpan.TicksPerSecond : numbers[1],
            new Moment(numbers[2], now.SteadyTicks - Math.Max(0, elapsed)));
    }

    public Freshness WithLifetime(long ticks) => new(this, ticks);

    public static DateTimeOffset DateOf(FieldList fields, DateTimeOffset responseTime) =>
        FirstLine(fields, FieldNames.Date) is { } text && HttpDate.TryParseLeniently(text, responseTime, out var date) ? date : responseTime;

    /// <summary>Whether a status is cacheable without a word from the origin (RFC 9110 s.15.1).</summary>
    public static bool IsHeuristicallyCacheable(int status) =>
        status is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;

    // RFC 9111 s.4.2.1: the first that is present: s-maxage, max-age, Expires - Date; else a heuristic.
    private static long Lifetime(
        int status, FieldList fields, in ResponseDirectives directives, DateTimeOffset date, DateTimeOffset responseTime, bool mayGuess)
    {
        if (directives.SharedMaxAge >= 0)
            return directives.SharedMaxAge * TimeSpan.TicksPerSecond;
        if (directives.MaxAge >= 0)
            return directives.MaxAge * TimeSpan.TicksPerSecond;
        // RFC 9111 s.5.3: an invalid Expires, "0" above all, is in the past.
        if (!directives.IsTargeted && FirstLine(fields, FieldNames.Expires) is { } text)
            return HttpDate.TryParseLeniently(text, responseTime, out var expires)
                ? Math.Clamp(expires.UtcTicks - date.UtcTicks, 0, DirectiveReader.MaxSeconds * TimeSpan.TicksPerSecond)
                : 0;
        // RFC 9111 s.4.2.2: heuristics only where the status or the origin (public) allows storing without a lifetime.
        if ((mayGuess && IsHeuristicallyCacheable(status) || directives.Public)
            && FirstLine(fields, FieldNames.LastModified) is { } modifiedText
            && HttpDate.TryParseLeniently(modifiedText, responseTime, out var modified))
            return Math.Clamp((date.UtcTicks - modified.UtcTicks) / HeuristicDivisor, 0, MaxHeuristic.Ticks);
        return 0;
    }

    // RFC 9111 s.5.1: of a list the first member; what is no number is ignored.
    private static long AgeOf(FieldList fields)
    {
        if (FirstLine(fields, FieldNames.Age) is not { } text)
            return 0;
        var comma = text.IndexOf(',');
        var first = text.AsSpan(0, comma < 0 ? text.Length : comma).Trim(" \t");
        return DirectiveReader.TryParseSeconds(first, out var seconds) ? seconds : 0;
    }

    private static string? FirstLine(FieldList fields, string name)
    {
        var at = fields.IndexOf(name);
        return at < 0 ? null : fields[at].Value;
    }
}
