using Sluice.Net;

namespace Sluice.Tests.Net;

internal static class Accepting
{
    /// <summary>The first connection; null: unbound before.</summary>
    public static Task<TcpSocket?> FirstAsync(this SocketListener listener)
    {
        var first = new TaskCompletionSource<TcpSocket?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = WatchAsync();
        return first.Task;

        async Task WatchAsync()
        {
            await listener.AcceptAsync(socket => first.TrySetResult(socket));
            first.TrySetResult(null);
        }
    }
}
