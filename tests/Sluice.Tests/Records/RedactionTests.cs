using System.Net;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Tests.Records;

/// <summary>What nobody is to read is in no record.</summary>
public class RedactionTests
{
    [Theory]
    [InlineData("http://a.test/?token=secret", "http://a.test/?token=REDACTED")]
    [InlineData("http://a.test/?a=1&token=secret&b=2#f", "http://a.test/?a=1&token=REDACTED&b=2#f")]
    [InlineData("/x?TOKEN=secret", "/x?TOKEN=REDACTED")]
    [InlineData("/x?%74oken=secret&t%6Fken=secret", "/x?%74oken=REDACTED&t%6Fken=REDACTED")]
    [InlineData("/x?apikey=secret&api_key_2=secret&key=secret", "/x?apikey=REDACTED&api_key_2=REDACTED&key=REDACTED")]
    [InlineData("/x?token=secret&token=secret", "/x?token=REDACTED&token=REDACTED")]
    [InlineData("/x?token=", "/x?token=REDACTED")]
    [InlineData("/x?token", "/x?token")]
    [InlineData("/x?tokens=1&atoken=2", "/x?tokens=1&atoken=2")]
    [InlineData("/x?a=token=shown", "/x?a=token=shown")]
    [InlineData("/x?a=1;token=secret;b=secret&c=3", "/x?a=1;token=REDACTED&c=3")]
    [InlineData("/x?a=1?token=secret", "/x?a=1?token=REDACTED")]
    [InlineData("/x?token=se?cret;x=1", "/x?token=REDACTED")]
    [InlineData("/x#token=secret", "/x#token=REDACTED")]
    [InlineData("/token=shown", "/token=shown")]
    [InlineData("/x?a+b=secret&a%20b=secret", "/x?a+b=REDACTED&a%20b=REDACTED")]
    [InlineData("/x?token=secret and more", "/x?token=REDACTED")]
    [InlineData("?=x&=&&;?token=secret", "?=x&=&&;?token=REDACTED")]
    [InlineData("", "")]
    public void QueryParameters_LoseTheirValues(string url, string shown)
    {
        var record = Sample.Miss();
        record.Url = record.Referer = url;
        record.ErrorDetail = "could not ask for " + url;
        record.Fields = [new RecordedValue(new RecordedName("Location", isOfResponse: true), url)];
        Of(new RedactionOptions { Query = ["token", "*key*", "a?b"] }).Apply(record);
        Assert.Equal((shown, shown, "could not ask for " + shown), (record.Url, record.Referer, record.ErrorDetail));
        Assert.Equal(shown, Assert.Single(record.Fields).Value);
    }

    [Theory]
    [InlineData("10.1.2.3", 24, 48, "10.1.2.0")]
    [InlineData("10.1.2.255", 31, 48, "10.1.2.254")]
    [InlineData("10.1.2.3", 0, 48, "0.0.0.0")]
    [InlineData("::ffff:10.1.2.3", 16, 48, "10.1.0.0")]
    [InlineData("2001:db8:1:2:3::4", 24, 48, "2001:db8:1::")]
    [InlineData("2001:db8:ffff::4", 24, 33, "2001:db8:8000::")]
    public void ClientAddresses_AreCut(string address, int ipv4, int ipv6, string shown)
    {
        var record = Sample.Miss();
        record.Client = new IPEndPoint(IPAddress.Parse(address), 50000);
        Redaction.Of(new LogOptions { Anonymise = new AnonymityOptions { Ipv4 = ipv4, Ipv6 = ipv6 } })!.Apply(record);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(shown), 0), record.Client);
        foreach (var format in Enum.GetValues<LogFormat>())
            Assert.DoesNotContain(address.Replace("::ffff:", "", StringComparison.Ordinal), Sample.Format(format).Line(record), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingToTakeOut_IsNoWork()
    {
        Assert.Null(Redaction.Of(new LogOptions()));
        Assert.Null(FieldRecorder.Of(new LogOptions()));
        var record = Sample.Miss();
        var (url, client) = (record.Url, record.Client);
        Of(new RedactionOptions { Query = ["token"] }).Apply(record);
        Assert.Same(url, record.Url);
        Assert.Same(client, record.Client);
    }

    [Theory]
    [InlineData("X-Request-Id: 7", "7")]
    [InlineData("X-Many: a|X-Many: b", "a, b")]
    [InlineData("Authorization: Basic c2VjcmV0", "REDACTED")]
    [InlineData("Proxy-Authorization: Bearer secret", "REDACTED")]
    [InlineData("X-Api-Key: secret", "REDACTED")]
    [InlineData("Cookie: a=secret; b=secret ;c|Cookie: d=secret", "a=REDACTED; b=REDACTED; REDACTED; d=REDACTED")]
    [InlineData("Set-Cookie: a=secret; Path=/; Secure|Set-Cookie: secret", "a=REDACTED; Path=/; Secure, REDACTED")]
    public void Fields_AreRecordedWithoutSecrets(string lines, string value)
    {
        var fields = new FieldList(lines.Split('|').Select(line => new Field(line.Split(": ")[0], line.Split(": ")[1])));
        var name = fields[0].Name.ToUpperInvariant();
        var record = new ExchangeRecord();
        FieldRecorder.Of(new LogOptions { RequestFields = [name, "X-Absent"], Redact = new RedactionOptions { Headers = ["*api-key"] } })!.TakeRequest(fields, record);
        var field = Assert.Single(record.Fields!);
        Assert.Equal(value, field.Value);
        Assert.Equal($"http.request.header.{name.ToLowerInvariant()}", field.Name.Attribute);
        Assert.Contains($"\"http_request_header_{name.ToLowerInvariant().Replace('-', '_')}\":\"{value}\"", Sample.Format(LogFormat.Json).Line(record), StringComparison.Ordinal);
    }

    [Fact]
    public void WhereCookiesAreNamed_TheOthersAreShown()
    {
        var recorder = FieldRecorder.Of(new LogOptions { RequestFields = ["Cookie"], ResponseFields = ["Set-Cookie"], Redact = new RedactionOptions { Cookies = ["*session*"] } })!;
        var record = new ExchangeRecord();
        recorder.TakeRequest(new FieldList([new Field("Cookie", "PHPSESSIONID=secret; lang=de; secret")]), record);
        recorder.TakeResponse(new FieldList([new Field("Set-Cookie", "gone=1")]), record);
        recorder.TakeResponse(new FieldList([new Field("Set-Cookie", "session=secret; Path=/")]), record);
        Assert.Equal(["PHPSESSIONID=REDACTED; lang=de; REDACTED", "session=REDACTED; Path=/"], record.Fields!.Select(field => field.Value));
    }

    [Fact]
    public void WhereAddressesAreCut_FieldsTellThemNeither()
    {
        var recorder = FieldRecorder.Of(new LogOptions { RequestFields = ["X-Forwarded-For", "Forwarded"], Anonymise = new AnonymityOptions() })!;
        var record = new ExchangeRecord();
        recorder.TakeRequest(new FieldList([new Field("X-Forwarded-For", "10.0.0.7"), new Field("Forwarded", "for=10.0.0.7")]), record);
        Assert.All(record.Fields!, field => Assert.Equal(Redaction.Mark, field.Value));
    }

    private static Redaction Of(RedactionOptions redact) => Redaction.Of(new LogOptions { Redact = redact })!;
}
