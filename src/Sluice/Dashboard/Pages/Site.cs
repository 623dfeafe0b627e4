using Microsoft.AspNetCore.Http;
using Sluice.Dashboard.Access;
using Sluice.Policy;

namespace Sluice.Dashboard.Pages;

/// <summary>What pages show and do, and what all of them need.</summary>
internal sealed record Site(Administered Administered, Authenticator Authenticator, Door Door, Sessions Sessions)
{
    public Notes Notes { get; } = new(Administered.Time);

    public DateTimeOffset Now => Administered.Time.GetUtcNow();

    /// <summary>After a form: the page that tells what came of it, loaded anew (RFC 9110 s.15.4.4), so that loading it again does nothing again.</summary>
    /// <param name="page">Its path, with parameters maybe.</param>
    public IResult Tell(string page, string text, bool isBad = false) => new SeeOther($"{page}{(page.Contains('?') ? '&' : '?')}note={Notes.Add(text, isBad)}");

    /// <summary>The same with what is wrong with the form, where it is.</summary>
    public async Task<IResult> TryAsync(string page, Func<Task<string>> act)
    {
        try
        {
            return Tell(page, await act());
        }
        catch (AdminProblemException problem)
        {
            return Tell(page, problem.Message, isBad: true);
        }
    }
}

internal sealed class SeeOther(string to) : IResult
{
    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    }
}
