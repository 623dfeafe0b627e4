using System.Globalization;
using System.Net;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The head of an entry: what RFC 9111 s.3.1 lets be stored, ready to be copied into an answer, and the
/// arithmetic of its freshness. Immutable once it is in the tier.</summary>
internal sealed class EntryHead
{
    private EntryHead(
        int status, FieldList fields, Vary vary, in ResponseDirectives directives, in Freshness freshness, in Receipt receipt, CacheRule? rule)
    {
        Status = status;
        Fields = fields;
        From = receipt.From;
        GroupStamp = receipt.GroupStamp;
        Groups = EntryTags.GroupsOf(fields);
        Directives = rule?.Directives(directives) ?? directives;
        Freshness = freshness;
        if (rule is not null)
        {
            var (lifetime, isRules) = rule.Lifetime(freshness.LifetimeTicks, directives, fields);
            Freshness = freshness.WithLifetime(lifetime);
            Rule = isRules ? rule.Id : null;
        }
        Vary = vary;
        Date = Freshness.DateOf(fields, freshness.ResponseTime);
        ETag = fields.Get(FieldNames.ETag);
        Bytes = BytesOf(fields);
    }

    private EntryHead(int status, FieldList fields, Vary vary, in ResponseDirectives directives, in Freshness freshness)
    {
        (Status, Fields, Vary, Directives, Freshness, Groups) = (status, fields, vary, directives, freshness, EntryTags.GroupsOf(fields));
        Date = Freshness.DateOf(fields, freshness.ResponseTime);
        ETag = fields.Get(FieldNames.ETag);
        Bytes = BytesOf(fields);
    }

    private EntryHead(EntryHead other)
    {
        (Status, Fields, Directives, Freshness) = (other.Status, other.Fields, other.Directives, other.Freshness);
        (Vary, Date, ETag, Bytes) = (other.Vary, other.Date, other.ETag, other.Bytes);
        (From, Groups, GroupStamp) = (other.From, other.Groups, other.GroupStamp);
    }

    public int Status { get; }

    /// <summary>Shared by all readers: copied, never changed.</summary>
    public FieldList Fields { get; private set; }

    public ResponseDirectives Directives { get; }

    public Freshness Freshness { get; private init; }

    public Vary Vary { get; }

    public DateTimeOffset Date { get; }

    public string? ETag { get; }

    /// <summary>Where it came from, or was last confirmed; null: not known.</summary>
    public IPEndPoint? From { get; private init; }

    /// <summary>Hashes of the groups that it belongs to (RFC 9875 s.2); null: none.</summary>
    public int[]? Groups { get; }

    /// <summary>The newest group invalidation when it was asked for (<see cref="GroupStamps"/>).</summary>
    public long GroupStamp { get; private init; }

    /// <summary>As the head would stand on the wire.</summary>
    public int Bytes { get; }

    /// <summary>The rule of <c>cache.rules</c> that gave it its lifetime.</summary>
    public string? Rule { get; private init; }

    /// <summary>A soft purge has ended its freshness.</summary>
    public bool IsSoftlyPurged { get; private init; }

    /// <summary>From the origin's answer to a request with these fields.</summary>
    /// <param name="rule">The rule for such an answer.</param>
    public static EntryHead Of(FieldList request, ResponseHead head, in ResponseDirectives directives, in Receipt receipt, CacheRule? rule = null)
    {
        var fields = Storable(head.Fields, directives.WithheldFields);
        SetDate(fields, receipt.Came.Wall);
        var freshness = new Freshness(head.Status, head.Fields, directives, receipt, MayGuess(request));
        return new EntryHead(head.Status, fields, Vary.Of(fields, request), directives, freshness, receipt, rule);
    }

    /// <summary>RFC 9111 s.3.2, s.4.3.4: each field of the 304 (or of a HEAD's 200) replaces the stored lines of its
    /// name, so that the head does not grow however often that happens.</summary>
    public EntryHead FreshenedBy(FieldList request, FieldList update, in Receipt receipt, CacheRule? rule = null)
    {
        var lines = Storable(update, null);
        var merged = new FieldList(Fields.Count + 4);
        foreach (ref readonly var line in Fields.Lines)
            // Set-Cookie on a 304 is for the one who asked (HttpCache hands it on).
            if (IsOfTheMessage(line.Name) || !lines.Contains(line.Name))
                merged.Add(line.Name, line.Value);
        foreach (ref readonly var line in lines.Lines)
            if (!IsOfTheMessage(line.Name) && !FieldList.SameName(line.Name, FieldNames.SetCookie))
                merged.Add(line.Name, line.Value);
        // Without a Date of its own the update is dated by its receipt.
        if (!lines.Contains(FieldNames.Date))
            merged.Set(FieldNames.Date, HttpDate.Format(receipt.Came.Wall));
        SetDate(merged, receipt.Came.Wall);
        var directives = ResponseDirectives.Of(merged, receipt.Targets);
        var forAge = merged;
        if (update.Get(FieldNames.Age) is { } age)
        {
            forAge = merged.Copy();
            forAge.Set(FieldNames.Age, age);
        }
        var fields = directives.WithheldFields is null ? merged : Storable(merged, directives.WithheldFields);
        return new EntryHead(Status, fields, Vary.Of(fields, request, Vary), directives, new Freshness(Status, forAge, directives, receipt, MayGuess(request)), receipt, rule);
    }

    /// <summary>What was written down of one.</summary>
    public static EntryHead Restore(
        int status, FieldList fields, Vary vary, in ResponseDirectives directives, in Freshness freshness, IPEndPoint? from, long groupStamp,
        string? rule, bool isSoftlyPurged) =>
        new(status, fields, vary, directives, freshness) { From = from, GroupStamp = groupStamp, Rule = rule, IsSoftlyPurged = isSoftlyPurged };

    /// <summary>The same, but not fresh any longer from then on; what may be done with a stale answer may be done with it.</summary>
    public EntryHead StaleSince(in Moment then) => new(this)
    {
        Freshness = Freshness.WithLifetime(Math.Min(Freshness.LifetimeTicks, Freshness.AgeTicks(then))), IsSoftlyPurged = true, Rule = Rule,
    };

    /// <summary>The length of the body that came with it; called once. Readers of an answer that is still coming may have the
    /// list: it is replaced.</summary>
    public void SetContentLength(long length)
    {
        // RFC 9110 s.8.6: none in a 204.
        var value = Status == 204 ? null : length.ToString(CultureInfo.InvariantCulture);
        if (Fields.Get(FieldNames.ContentLength) == value)
            return;
        var fields = Fields.Copy();
        if (value is null)
            fields.Remove(FieldNames.ContentLength);
        else
            fields.Set(FieldNames.ContentLength, value);
        Fields = fields;
    }

    // RFC 9111 s.4.2.2 lets a cache guess; a page that a cookie may have made one user's is not what we guess about.
    private static bool MayGuess(FieldList request) => !request.Contains(FieldNames.Cookie);

    // RFC 9111 s.3.2: of this message, not of the stored one.
    private static bool IsOfTheMessage(string name) =>
        FieldList.SameName(name, FieldNames.ContentLength) || FieldList.SameName(name, FieldNames.ContentRange);

    private static int BytesOf(FieldList fields)
    {
        var bytes = 0;
        foreach (ref readonly var line in fields.Lines)
            bytes += line.Name.Length + line.Value.Length + ": \r\n".Length;
        return bytes;
    }

    private static void SetDate(FieldList fields, DateTimeOffset responseTime)
    {
        // RFC 9110 s.6.6.1: a missing Date is added, an invalid one replaced.
        if (fields.CountOf(FieldNames.Date) != 1 || !HttpDate.TryParseLeniently(fields.Get(FieldNames.Date), responseTime, out _))
            fields.Set(FieldNames.Date, HttpDate.Format(responseTime));
    }

    /// <summary>RFC 9111 s.3.1: without the fields of one connection and of a proxy's authentication, and without those
    /// that the origin withholds. Age is computed anew for each answer.</summary>
    private static FieldList Storable(FieldList received, string? withheld)
    {
        var fields = received.Copy();
        HopByHop.RemoveFromResponse(fields);
        fields.Remove(FieldNames.Age);
        foreach (var name in withheld?.Split(',', StringSplitOptions.TrimEntries) ?? [])
            fields.Remove(name);
        return fields;
    }
}
