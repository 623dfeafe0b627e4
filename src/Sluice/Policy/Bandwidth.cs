namespace Sluice.Policy;

/// <summary>How fast octets may go for one exchange; shared with others of the same client or rule.</summary>
public sealed class Bandwidth
{
    private readonly RuleRate _rate;
    private readonly Sharer _sharer;

    internal Bandwidth(RuleRate rate, Sharer sharer) => (_rate, _sharer) = (rate, sharer);

    /// <summary>As many octets go at once: a tenth of a second's, so that a stream flows.</summary>
    public int Turn => Math.Clamp(_rate.Options.BytesPerSecond!.Value / 10, 1 << 10, 64 << 10);

    /// <summary>So many have gone: completes when the next may.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public async ValueTask TakeAsync(long octets, CancellationToken cancellation)
    {
        for (var most = _rate.Options.BytesPerSecond!.Value; octets > 0; octets -= most)
            using (await _rate.TakeAsync(_sharer, (int)Math.Min(octets, most), cancellation))
            {
            }
    }
}
