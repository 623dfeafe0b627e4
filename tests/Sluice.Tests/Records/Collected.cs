using System.Text;
using Sluice.Records.Output;

namespace Sluice.Tests.Records;

/// <summary>An output in memory that can be held up and made to fail.</summary>
internal sealed class Collected : ILogOutput
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly SemaphoreSlim _wrote = new(0);

    /// <summary>While set, writing waits.</summary>
    public ManualResetEventSlim Open { get; } = new(true);

    public ManualResetEventSlim Entered { get; } = new(false);

    public volatile string? Failure;

    public string[] Lines
    {
        get
        {
            lock (_lock)
                return _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public void Write(ReadOnlySpan<byte> lines)
    {
        Entered.Set();
        Assert.True(Open.Wait(TimeSpan.FromSeconds(30)));
        try
        {
            if (Failure is { } failure)
                throw new IOException(failure);
            lock (_lock)
                _text.Append(Encoding.ASCII.GetString(lines));
        }
        finally
        {
            _wrote.Release();
        }
    }

    /// <summary>Waits for the next write, one that failed too.</summary>
    public async Task WroteAsync() => Assert.True(await _wrote.WaitAsync(TimeSpan.FromSeconds(30)));

    public void Reopen()
    {
    }

    public void Dispose()
    {
    }
}
