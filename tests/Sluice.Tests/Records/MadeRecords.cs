using System.Net;
using CsCheck;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Tests.Records;

/// <summary>Records of any content, as clients and upstreams might bring it about.</summary>
internal static class MadeRecords
{
    private static readonly Gen<string> Hostile = Gen.OneOf(Gen.String[Gen.Char['\u0000', '\u00ff'], 0, 20], Gen.OneOf("", "a", "'; DROP TABLE exchanges; --", "\0x", "=1+1", "a,\"b\"\r\nc"));

    private static readonly Gen<string?> Text = Gen.OneOf(Hostile, Gen.OneOf("a", "b")).Null();

    private static readonly Gen<string?> Url = Gen.OneOf(
        Gen.OneOf("http://example.com/a", "https://www.example.com:8443/b?c=1", "example.org:443", "http://u:p@x_y.example.com/", "http://[2001:db8::1]/", "/no", ""), Hostile).Null();

    private static readonly Gen<IPEndPoint?> End = Gen.OneOf("10.0.0.7", "::ffff:10.1.0.7", "192.0.2.1", "2001:db8::5", "::1")
        .Select(Gen.Int[1, 65535], (address, port) => new IPEndPoint(IPAddress.Parse(address), port)).Null();

    private static readonly Gen<TimeSpan> Span = Gen.Long[0, 10_000_000].Select(microseconds => TimeSpan.FromMicroseconds(microseconds));

    public static Gen<ExchangeRecord> Any { get; } =
        from what in Gen.Select(Gen.Enum<RecordKind>(), Gen.Enum<CacheUse>(), Gen.Enum<ProtocolVersion>().Nullable(), Gen.Int[0, 599], Gen.Bool)
        from when in Gen.Select(Gen.Int[0, 1000], Span, Span.Nullable())
        from asked in Gen.Select(Text, Text, Url, End, End)
        from told in Gen.Select(Text, Text, Text, Text, Text, Text)
        from judged in Gen.Select(Gen.Int[0, 2], Text, Text, Gen.Int[0, 9], Text, Gen.Int[0, 255])
        from fields in Gen.OneOf("X-Request-Id", "Cookie").Select(Gen.Bool, Hostile, (name, ofResponse, value) => new RecordedValue(new RecordedName(name, ofResponse), value)).Array[0, 2]
        from numbers in Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue])
        select new ExchangeRecord
        {
            Kind = what.Item1, Cache = what.Item2, Protocol = what.Item3, Status = what.Item4, ClientGone = what.Item5,
            Time = Sample.Miss().Time.AddMilliseconds(when.Item1), Duration = when.Item2, TimeToFirstByte = when.Item3,
            User = asked.Item1, Method = asked.Item2, Url = asked.Item3, Client = asked.Item4, Upstream = asked.Item5,
            TraceId = told.Item1, SpanId = told.Item2, CacheReason = told.Item1, Error = told.Item2, ErrorDetail = told.Item3, ContentType = told.Item4, Referer = asked.Item3, UserAgent = told.Item5, ServerName = told.Item6,
            Verdict = new Verdict { Denies = judged.Item1 == 1, Reports = judged.Item1 == 2, Rule = judged.Item2, List = judged.Item3, Line = judged.Item4, Tags = judged.Item5 },
            Tls = (TlsFacts)judged.Item6,
            Number = numbers.Item1, Generation = numbers.Item2, RequestBytes = numbers.Item3, ResponseBytes = numbers.Item4,
            Listener = asked.Item1 ?? "", Fields = fields.Length == 0 ? null : fields.DistinctBy(field => field.Name.Key).ToArray(),
        };
}
