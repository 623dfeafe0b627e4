using Microsoft.Extensions.Logging;
using Sluice.Policy;

namespace Sluice.Forwarding.Subscribed;

/// <summary>One subscribed list: when it is asked for, and what came of it.</summary>
internal sealed class Subscription : IDisposable
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    private readonly TimeSpan _every;
    private readonly ListFetch _fetch;
    private readonly SemaphoreSlim _turns;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationToken _end;
    private readonly StoredCopy _copy;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private SubscriptionState _state;
    private int _failures;

    /// <param name="turns">Who asks takes one.</param>
    public Subscription(SubscribedList list, TimeSpan every, ListFetch fetch, SemaphoreSlim turns, TimeProvider time, ILogger log, CancellationToken end)
    {
        (List, _every, _fetch, _turns, _time, _log, _end) = (list, every, fetch, turns, time, log, end);
        _copy = new StoredCopy(list.Path);
        _timer = time.CreateTimer(_ => Ask(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _state = new SubscriptionState(list.Shown, list.Path) { Asked = _copy.Read()?.Asked, Changed = _copy.Written };
    }

    public SubscribedList List { get; }

    public SubscriptionState State => Volatile.Read(ref _state);

    /// <summary>Completes when it is not being asked for.</summary>
    public Task Asking { get; private set; } = Task.CompletedTask;

    /// <summary>Asks as soon as it is time.</summary>
    public void Start()
    {
        // A clock that was set back must not keep us from asking for longer than usual.
        if (_copy.Read() is { } facts && facts.Asked + _every - _time.GetUtcNow() is var left && left > TimeSpan.Zero)
            AskIn(left < _every ? left : _every);
        else
            Ask();
    }

    /// <summary>Asks now; who comes while it is being asked for, waits for that.</summary>
    public Task Ask()
    {
        lock (_lock)
        {
            if (!Asking.IsCompleted || _end.IsCancellationRequested)
                return Asking;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _state = _state with { Next = null, Progress = new DownloadProgress(0, null) };
            return Asking = Task.Run(AskInTurnAsync);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task AskInTurnAsync()
    {
        try
        {
            await _turns.WaitAsync(_end);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        var retryAfter = TimeSpan.Zero;
        try
        {
            await FetchAsync();
            _failures = 0;
            Set(state => state with { Error = null });
        }
        catch (Exception e) when (!_end.IsCancellationRequested)
        {
            _failures++;
            retryAfter = (e as NotTaken)?.RetryAfter ?? TimeSpan.Zero;
            Fail(e);
        }
        catch (Exception) when (_end.IsCancellationRequested)
        {
            // All ends.
        }
        finally
        {
            _turns.Release();
        }
        Set(state => state with { Asked = _time.GetUtcNow(), Progress = null });
        AskIn(_failures == 0 ? _every : Patience(retryAfter));
    }

    /// <summary>Asks, tries what comes as a list, and puts it in the place of the copy.</summary>
    private async Task FetchAsync()
    {
        var known = _copy.Read();
        using var made = new NewCopy(_copy);
        if (await _fetch.RunAsync(List.Url, known, made.Begin, progress => Set(state => state with { Progress = progress }), _end) is not { } facts)
        {
            _copy.Keep(known! with { Asked = _time.GetUtcNow() });
            return;
        }
        if (ListTrial.WhyNot(made.Content, List.Filters) is { } wrong)
            throw new NotTaken($"What came {wrong}");
        var bytes = made.Take(facts);
        Set(state => state with { Changed = _copy.Written });
        SubscriptionLog.Taken(_log, List.Shown, bytes, List.Path);
    }

    private void Fail(Exception error)
    {
        var why = error switch
        {
            NotTaken => error.Message,
            IOException or UnauthorizedAccessException => $"The copy cannot be written: {error.Message}",
            _ => $"A bug of ours: {error.Message}",
        };
        Set(state => state with { Error = why });
        if (error is not (NotTaken or IOException or UnauthorizedAccessException))
            SubscriptionLog.Failed(_log, List.Shown, error);
        else if (State.Changed is { } changed)
            SubscriptionLog.NotTaken(_log, List.Shown, why, changed);
        else
            SubscriptionLog.Missing(_log, List.Shown, why);
    }

    /// <summary>How long after a failure nothing is asked; never longer than usual.</summary>
    private TimeSpan Patience(TimeSpan retryAfter)
    {
        var wait = ShortestRetry * (1 << Math.Min(_failures - 1, 10));
        wait = wait < LongestRetry ? wait : LongestRetry;
        wait = wait > retryAfter ? wait : retryAfter;
        return wait < _every ? wait : _every;
    }

    private void AskIn(TimeSpan wait)
    {
        wait *= 1 + Random.Shared.NextDouble() / 10;
        lock (_lock)
        {
            if (_end.IsCancellationRequested)
                return;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
            _state = _state with { Next = _time.GetUtcNow() + wait };
        }
    }

    private void Set(Func<SubscriptionState, SubscriptionState> change)
    {
        lock (_lock)
            Volatile.Write(ref _state, change(_state));
    }
}
