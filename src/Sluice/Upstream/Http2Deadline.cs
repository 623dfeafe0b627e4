using System.Diagnostics.CodeAnalysis;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>The deadline of an exchange that shares its connection with others: what ends it is a token.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source holds nothing, and a sweep may still come to it when the exchange is over.")]
internal sealed class Http2Deadline : TimeLimited
{
    private readonly CancellationTokenSource _source = new();
    private int _cut;

    public Http2Deadline(Deadlines deadlines) : base(deadlines) => Open();

    /// <summary>Why it was ended by us.</summary>
    public Cut Cut => (Cut)Volatile.Read(ref _cut);

    public CancellationToken Token => _source.Token;

    public void CutOff(Cut why)
    {
        if (Interlocked.CompareExchange(ref _cut, (int)why, (int)Cut.None) == (int)Cut.None)
            _source.Cancel();
    }

    public void End() => Close();

    protected internal override void OnTimedOut() => CutOff(Cut.TimedOut);
}
