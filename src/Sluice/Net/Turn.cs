using System.Runtime.CompilerServices;

namespace Sluice.Net;

/// <summary>Awaited: goes on behind those who are waiting already.</summary>
/// <param name="queue">Runs what it is given, later; null: the thread pool.</param>
public readonly struct Turn(Action<Action>? queue) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public Turn GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (queue is null)
            ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
        else
            queue(continuation);
    }
}
