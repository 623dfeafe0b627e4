using System.Runtime.CompilerServices;

namespace Sluice.Tests.Kit;

/// <summary>Every wait of a test is bounded: a test that would hang fails instead, and says at what.</summary>
public static class Waiting
{
    /// <summary>Long: a machine that has much else to do may stand still for seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task Within(this Task task, TimeSpan? limit = null, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            await task.WaitAsync(limit ?? Limit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"nothing came of '{what}' within {limit ?? Limit}");
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, TimeSpan? limit = null, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            return await task.WaitAsync(limit ?? Limit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"nothing came of '{what}' within {limit ?? Limit}");
        }
    }
}
