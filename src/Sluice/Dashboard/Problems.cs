using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sluice.Dashboard;

/// <summary>What a request asks wrongly: a status and a sentence.</summary>
internal sealed class AdminProblemException(int status, string detail) : Exception(detail)
{
    public int Status => status;
}

/// <summary>Every error is answered in one way, those of routing and of Kestrel too: as problem+json (RFC 9457) where nothing else is said.</summary>
internal static class Problems
{
    /// <param name="write">Status and sentence; null: <see cref="WriteAsync"/>.</param>
    public static Func<HttpContext, RequestDelegate, Task> CatchAsync(ILogger log, Func<HttpContext, int, string, Task>? write = null) => async (context, next) =>
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400 and var status })
                await TellAsync(context, status, status == StatusCodes.Status405MethodNotAllowed ? "The method is not known here." : "There is nothing here.");
        }
        catch (AdminProblemException problem)
        {
            await TellAsync(context, problem.Status, problem.Message);
        }
        catch (BadHttpRequestException problem)
        {
            await TellAsync(context, problem.StatusCode, problem.Message);
        }
        catch (Exception bug) when (!context.RequestAborted.IsCancellationRequested)
        {
            DashboardLog.RequestFailed(log, context.Request.Method, context.Request.Path, bug);
            if (!context.Response.HasStarted)
                await TellAsync(context, StatusCodes.Status500InternalServerError, "A bug of ours; the log has it.");
        }

        Task TellAsync(HttpContext at, int status, string detail) => (write ?? WriteAsync)(at, status, detail);
    };

    public static Task WriteAsync(HttpContext context, int status, string detail) =>
        Results.Problem(detail, statusCode: status).ExecuteAsync(context);
}
