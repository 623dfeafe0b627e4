using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sluice.Dashboard;

/// <summary>What a request asks wrongly: a status and a sentence.</summary>
internal sealed class AdminProblemException(int status, string detail) : Exception(detail)
{
    public int Status => status;
}

/// <summary>Every error is problem+json (RFC 9457), those of routing and of Kestrel too.</summary>
internal static class Problems
{
    public static Func<HttpContext, RequestDelegate, Task> CatchAsync(ILogger log) => async (context, next) =>
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400 and var status })
                await WriteAsync(context, status, status == StatusCodes.Status405MethodNotAllowed ? "The method is not known here." : "There is nothing here.");
        }
        catch (AdminProblemException problem)
        {
            await WriteAsync(context, problem.Status, problem.Message);
        }
        catch (BadHttpRequestException problem)
        {
            await WriteAsync(context, problem.StatusCode, problem.Message);
        }
        catch (Exception bug) when (!context.RequestAborted.IsCancellationRequested)
        {
            DashboardLog.RequestFailed(log, context.Request.Method, context.Request.Path, bug);
            if (!context.Response.HasStarted)
                await WriteAsync(context, StatusCodes.Status500InternalServerError, "A bug of ours; the log has it.");
        }
    };

    private static Task WriteAsync(HttpContext context, int status, string detail) =>
        Results.Problem(detail, statusCode: status).ExecuteAsync(context);
}
