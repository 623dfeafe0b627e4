using CsCheck;
using Sluice.Policy.Filters;

namespace Sluice.Tests.Policy.Filters;

public class FilterPropertyTests
{
    private static readonly Gen<string> Label = Gen.OneOf("a", "ad", "ads", "b", "cdn", "xads", "adser-ver");
    private static readonly Gen<string> Suffix = Gen.OneOf("com", "co.uk", "net", "github.io", "test");
    private static readonly Gen<string> Host = Gen.Select(Label.Array[1, 3], Suffix, (labels, suffix) => string.Join('.', labels) + "." + suffix);
    private static readonly Gen<string> Piece = Gen.OneOf("/", "ad", "ads", "banner", ".", "-", "_", "?", "&x=", "js", "1", "%2f", "cdn", "/banner/", "B");
    private static readonly Gen<string> Wild = Gen.OneOf("*", "^", "^", "");

    private static readonly Gen<string> Url = Gen.Select(Gen.OneOf("http", "https"), Host, Piece.Array[0, 7],
        (scheme, host, pieces) => $"{scheme}://{host}/{string.Concat(pieces)}");

    private static readonly Gen<string> Pattern = Gen.OneOf(
        Gen.Select(Host, host => $"||{host}^"),
        Gen.Select(Host, Piece.Array[0, 3], Wild, (host, pieces, wild) => $"||{host}/{string.Concat(pieces)}{wild}"),
        Gen.Select(Label, Wild, Piece, (label, wild, piece) => $"||{label}{wild}{piece}"),
        Gen.Select(Piece.Array[1, 3], Wild, Piece.Array[0, 3], Wild, Gen.OneOf("", "", "", "|"),
            (first, wild, then, end, bar) => string.Concat(first) + wild + string.Concat(then) + end + bar),
        Gen.Select(Host, Wild, Piece, (host, wild, piece) => $"|https://{host}/{wild}{piece}"),
        Gen.OneOf("*", "|https://", "|http*ads", "ads.com", "/ad[sx]?\\/b/", "/banner\\/(ad)+/", "/^https:..a/", "/1$/", "/(?:ad|b)s?[-.]/", "/ban+er\\/?a/"));

    private static readonly Gen<string> Names = Gen.Select(Gen.OneOf("", "", "~"), Gen.OneOf(Host, Suffix, Gen.Select(Label, label => label + ".*")),
        (not, name) => not + name).Array[1, 4].Select(names => string.Join('|', names));

    private static readonly Gen<string> Option = Gen.OneOf(
        Gen.OneOf("script", "image", "~script", "~image", "xhr", "css", "3p", "1p", "~3p", "important", "all", "_", "match-case"),
        Names.Select(names => "domain=" + names), Names.Select(names => "to=" + names), Host.Select(host => $"denyallow={host},domain=com|test"));

    private static readonly Gen<string> Filter = Gen.Select(Gen.OneOf("", "", "", "@@"), Pattern, Option.Array[0, 3],
        (at, pattern, options) => at + pattern + (options.Length == 0 ? "" : "$" + string.Join(',', options)));

    private static readonly Gen<(string Url, string Source, RequestType Type)> Request = Gen.Select(Url, Host,
        Gen.OneOf(RequestType.Script, RequestType.Image, RequestType.Xhr, RequestType.Stylesheet, RequestType.Frame));

    [Fact]
    public void Index_SaysWhatTryingEveryFilterSays() => Gen.Select(Filter.Array[1, 40], Request.Array[1, 20]).Sample((filters, requests) =>
    {
        var set = Filtering.Set(filters);
        var linear = new LinearFilters(filters);
        foreach (var (url, source, type) in requests)
        {
            var expected = linear.Judge(url, source, type);
            var found = Filtering.Judge(set, url, source, type);
            Assert.True(expected == found, $"{expected}, the index says {found}: {type} {url} from {source}\n{string.Join('\n', filters)}");
        }
    }, iter: 2000);

    [Fact]
    public void AnyText_IsReadWithoutFailing() =>
        Gen.String[Gen.Char["a.-_/|^*$,=~@#! \t:%[](){}?+\\0é1p3doman"], 0, 40].Array[1, 20].Sample(lines => Assert.Single(Filtering.Set(lines).Lists), iter: 5000);
}
