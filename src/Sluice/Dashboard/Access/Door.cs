using Microsoft.AspNetCore.Http;
using Sluice.Dashboard.Pages;
using Sluice.Policy;

namespace Sluice.Dashboard.Access;

/// <summary>What every request of the dashboard passes: is it asked for by our name, by our own pages where that matters, and by somebody who may? Then it has its <see cref="Visitor"/>.</summary>
internal sealed class Door(Func<DashboardOptions> options, Sessions sessions)
{
    /// <summary>Who is asked for no login, and programs that look whether we live.</summary>
    private static readonly string[] Open = ["/login", "/healthz", "/readyz"];

    private const string AssetFolder = "/assets";

    private readonly Visitor _anybody = new(null, Sessions.NewToken());
    private volatile ReadToken? _token;

    /// <summary>Nobody needs to log in.</summary>
    public bool IsOpen => options().Admins.Count == 0;

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        Harden(context.Response.Headers);
        var request = context.Request;
        if (!HostNames.AreOurs(context, options()))
            throw new AdminProblemException(StatusCodes.Status421MisdirectedRequest, $"The dashboard is not called '{request.Host.Host}': ask for it by its address, or add the name to dashboard.names.");
        if (SameOrigin.IsTakenFromElsewhere(request))
            throw new AdminProblemException(StatusCodes.Status403Forbidden, "Pages elsewhere get nothing from here.");
        var script = ScriptOf(request);
        // What changes nothing by its method (RFC 9110 s.9.2.1) does not here.
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (!isSafe && script is null && !SameOrigin.IsProven(request))
            throw new AdminProblemException(StatusCodes.Status403Forbidden, "Only the dashboard's own pages may do that, or a script with a token: nothing here says where this comes from (Sec-Fetch-Site, Origin).");
        if ((script ?? AdminOf(request)) is { } visitor)
            context.Features.Set(visitor);
        else if (IsOpenTo(request.Path))
            context.Features.Set(_anybody);
        else
        {
            Refuse(context);
            return;
        }
        if (!isSafe && script is null && request.HasFormContentType)
            await CheckFormAsync(request, Visitor.Of(context));
        await next(context);
    }

    /// <summary>Whether a user may look and act.</summary>
    public bool Admits(User user) => options().Admins.Any(admin => admin.StartsWith('@') ? user.Groups.Contains(admin[1..]) : user.Name == admin);

    private static bool IsOpenTo(PathString path) => Open.Contains(path.Value) || path.StartsWithSegments(AssetFolder, StringComparison.Ordinal);

    private static void Refuse(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey("Authorization") || !ErrorPages.IsForPeople(context.Request))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Sluice\"";
            throw new AdminProblemException(StatusCodes.Status401Unauthorized, "Log in, or send the token of dashboard.token: Authorization: Bearer TOKEN.");
        }
        var to = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString.Value : "/";
        context.Response.Redirect(to == "/" ? "/login" : $"/login?to={Uri.EscapeDataString(to)}");
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    private static async Task CheckFormAsync(HttpRequest request, Visitor visitor)
    {
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is not true)
            throw new AdminProblemException(StatusCodes.Status415UnsupportedMediaType, "Forms are application/x-www-form-urlencoded here.");
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (InvalidDataException e)
        {
            throw new AdminProblemException(StatusCodes.Status400BadRequest, $"The form cannot be read: {e.Message}");
        }
        if (!visitor.Sent(form["token"]))
            throw new AdminProblemException(StatusCodes.Status403Forbidden, "This form is of a page that is no longer good: load the page again.");
    }

    private Visitor? AdminOf(HttpRequest request) =>
        IsOpen ? _anybody
        : sessions.Find(SessionCookie.Read(request)) is { User.Current: { } user } session && Admits(user) ? new Visitor(user.Name, session.FormToken)
        : null;

    private Visitor? ScriptOf(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var field = request.Headers.Authorization.ToString();
        if (options().TokenFile is not { } path || !field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var written = File.GetLastWriteTimeUtc(path);
        if (_token is not { } read || read.Path != path || read.Written != written)
            _token = read = new ReadToken(path, written, TokenFile.Read(path));
        return read.Token.Is(field.AsSpan(Scheme.Length).Trim(' ')) ? new Visitor(null, null) : null;
    }

    private static void Harden(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types sluice";
        headers.XContentTypeOptions = "nosniff";
        // Not no-referrer: forms would come with Origin: null then (Fetch s.3.2).
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.CacheControl = "no-store";
    }

    private sealed record ReadToken(string Path, DateTime Written, TokenFile Token);
}
