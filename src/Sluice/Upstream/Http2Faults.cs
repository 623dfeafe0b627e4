namespace Sluice.Upstream;

/// <summary>What the library's exceptions say of the upstream.</summary>
internal static class Http2Faults
{
    // RFC 9113 s.7: what the other side finds wrong with frames. The others (CANCEL, INTERNAL_ERROR, REFUSED_STREAM ...) only say that it ends.
    private static readonly long[] Malformed = [0x1, 0x3, 0x5, 0x6, 0x9];

    /// <summary>Null: the connection or the stream ended before it should.</summary>
    public static ForwardError? Of(Exception fault)
    {
        for (var e = fault; e is not null; e = e.InnerException)
            switch (e)
            {
                case NotConnected none:
                    return none.Error;
                case HttpProtocolException protocol:
                    return Malformed.Contains(protocol.ErrorCode) ? ForwardError.BadResponse : null;
                case HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }:
                    return ForwardError.HeadTooLarge;
                case HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError }:
                    return ForwardError.BadResponse;
            }
        return null;
    }
}
