namespace Sluice.Net;

/// <summary>Has somebody look every second, never twice at once.</summary>
internal sealed class Looking : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    public Looking(TimeProvider time, Action look) => _timer = time.CreateTimer(_ => Look(look), null, Every, Every);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Look(Action look)
    {
        // One that takes longer than a second must not be followed by a second one beside it.
        if (!_lock.TryEnter())
            return;
        try
        {
            look();
        }
        finally
        {
            _lock.Exit();
        }
    }
}
