namespace Sluice.Forwarding.Subscribed;

/// <summary>Why there is no new copy, in a sentence without its full stop.</summary>
/// <param name="retryAfter">The server asked not to be asked before (RFC 9110 s.10.2.3).</param>
internal sealed class NotTaken(string why, TimeSpan retryAfter = default) : Exception(why)
{
    public TimeSpan RetryAfter => retryAfter;
}
