using System.Globalization;
using System.Text;
using Sluice.Http;

namespace Sluice.Forwarding;

/// <summary>What we answer as the final recipient: OPTIONS and TRACE whose Max-Forwards is spent (RFC 9110 s.7.6.2), and
/// OPTIONS * to a forward listener, which speaks of ourselves (s.9.3.7).</summary>
internal sealed record OwnAnswer(FieldList Fields, byte[] Body)
{
    public int Status { get; init; } = 200;

    public static OwnAnswer To(RequestHead request) => request.Method == Methods.Trace ? Trace(request) : Options();

    public async ValueTask SendAsync(AnswerWriter answer)
    {
        answer.Head(Status, null, Fields, hasBody: Body.Length > 0);
        if (Body.Length > 0)
            await answer.WriteAsync(Body);
        await answer.EndAsync();
    }

    private static OwnAnswer Options() => new(
        new FieldList([new(FieldNames.Allow, "GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE"), new(FieldNames.ContentLength, "0")]), []);

    /// <summary>RFC 9110 s.9.3.8: the request as received, without what might be a secret.</summary>
    private static OwnAnswer Trace(RequestHead request)
    {
        var echo = new StringBuilder().Append(CultureInfo.InvariantCulture, $"TRACE {request.Target.Url} {request.Version.Name()}\r\n");
        foreach (var (name, value) in request.Fields)
            if (!IsSecret(name))
                echo.Append(name).Append(": ").Append(value).Append("\r\n");
        var body = Encoding.Latin1.GetBytes(echo.Append("\r\n").ToString());
        return new(new FieldList([
            new(FieldNames.ContentType, "message/http"),
            new(FieldNames.ContentLength, body.Length.ToString(CultureInfo.InvariantCulture))]), body);
    }

    private static bool IsSecret(string name) =>
        FieldList.SameName(name, FieldNames.Authorization) || FieldList.SameName(name, FieldNames.ProxyAuthorization)
        || FieldList.SameName(name, FieldNames.Cookie);
}
