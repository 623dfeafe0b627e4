using System.Threading.Channels;

namespace Sluice.Policy.Users;

/// <summary>Hashes, one after the other: however many guess, one core is the most that they get. Between two of them other work of the pool comes
/// first.</summary>
internal sealed class Attempts : IAsyncDisposable
{
    /// <summary>At a tenth of a second each the last one waits for six.</summary>
    public const int MostWaiting = 64;

    private readonly Channel<Attempt> _waiting = Channel.CreateBounded<Attempt>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Action<Attempt> _work;
    private readonly Task _worker;
    private volatile bool _stops;

    /// <param name="work">Is called for one at a time, on the thread pool. Does not throw.</param>
    public Attempts(Action<Attempt> work)
    {
        _work = work;
        _worker = WorkAsync();
    }

    /// <summary>False: too many wait.</summary>
    public bool TryAdd(Attempt attempt) => _waiting.Writer.TryWrite(attempt);

    /// <summary>Ends with the one under work; those that wait are left.</summary>
    public async ValueTask DisposeAsync()
    {
        _stops = true;
        _waiting.Writer.TryComplete();
        await _worker;
    }

    private async Task WorkAsync()
    {
        await foreach (var attempt in _waiting.Reader.ReadAllAsync())
        {
            if (_stops)
                return;
            _work(attempt);
            await Task.Yield();
        }
    }
}
