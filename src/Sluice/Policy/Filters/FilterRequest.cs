using Sluice.Http;

namespace Sluice.Policy.Filters;

/// <summary>A request as filters look at it.</summary>
internal readonly ref struct FilterRequest
{
    /// <summary>The whole URL, as <see cref="RequestTarget.Url"/> writes it; of a tunnel <c>https://host/</c>, with the port where it is not 443.</summary>
    public required ReadOnlySpan<char> Url { get; init; }

    /// <summary>The host of the page that asks; empty: not known. Of a <see cref="RequestType.Document"/> it is not looked at: that is asked by itself.</summary>
    public ReadOnlySpan<char> Source { get; init; }

    public RequestType Type { get; init; }

    /// <summary>Where the client says it; else it follows from the hosts.</summary>
    public Party Party { get; init; }

    /// <summary>As sent; empty: not known.</summary>
    public ReadOnlySpan<char> Method { get; init; }

    /// <summary>Of <see cref="Url"/> no more is known than its host.</summary>
    public bool IsHostOnly { get; init; }

    /// <summary>What a request says of itself (<see cref="RequestTraits"/>); of CONNECT its host.</summary>
    public static FilterRequest Of(RequestHead request)
    {
        var target = request.Target;
        if (target.Form == TargetForm.Authority)
            return new FilterRequest { Url = new RequestTarget(TargetForm.Absolute, "https", target.Host, target.Port, "/").Url, IsHostOnly = true };
        return new FilterRequest
        {
            Url = target.Url,
            Source = RequestTraits.SourceOf(request.Fields),
            Type = RequestTraits.TypeOf(request),
            Party = RequestTraits.PartyOf(request.Fields),
            Method = request.Method,
        };
    }
}
