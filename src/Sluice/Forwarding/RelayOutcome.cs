using Sluice.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>From a relay's end to its record.</summary>
internal static class RelayOutcome
{
    public static void Note(ExchangeRecord record, RelayResult result, OpenTunnel tunnel, long earlyDown = 0)
    {
        record.RequestBytes = result.BytesUp;
        record.ResponseBytes = result.BytesDown + earlyDown;
        (record.Error, record.ErrorDetail) = result.End switch
        {
            RelayEnd.Completed => (null, null),
            RelayEnd.IdleTimedOut => ("connection_read_timeout", "silent in both directions"),
            RelayEnd.ClientReset => ("client_left", "the client reset the connection"),
            RelayEnd.UpstreamReset => ("connection_terminated", "the upstream reset the connection"),
            _ when tunnel.IsClosed => ("closed_by_administrator", "an administrator closed it"),
            _ when record.Verdict.Denies => ("http_request_denied", "closed when the rules changed: no longer allowed"),
            _ => ("stopped", "ended by the proxy's shutdown"),
        };
        record.ClientGone = result.End == RelayEnd.ClientReset;
    }
}
