namespace Sluice.Http;

/// <summary>What we say in Proxy-Status about how an answer came about (RFC 9209 s.2). Null: not said.</summary>
public readonly record struct ProxyStatus
{
    /// <summary>The proxy error type (s.2.3), such as <c>connection_refused</c>.</summary>
    public string? Error { get; init; }

    /// <summary>The next hop that was asked: host, <c>host:port</c> or address (s.2.1.2).</summary>
    public string? NextHop { get; init; }

    /// <summary>The ALPN identifier of the protocol to the next hop (s.2.1.3), such as <c>h2</c>.</summary>
    public string? NextProtocol { get; init; }

    /// <summary>The status that the next hop answered (s.2.1.4).</summary>
    public int? ReceivedStatus { get; init; }

    /// <summary>More for people (s.2.1.5). It goes to the client: nothing that is not for its eyes.</summary>
    public string? Details { get; init; }

    /// <summary>Our member of the list, such as <c>sluice; error=dns_error; details="..."</c>.</summary>
    public string Format(string proxyName)
    {
        var item = new StructuredItem(proxyName);
        if (Error is not null)
            item.Token("error", Error);
        if (NextHop is not null)
            item.TokenOrText("next-hop", NextHop);
        if (NextProtocol is not null)
            item.TokenOrText("next-protocol", NextProtocol);
        if (ReceivedStatus is { } status)
            item.Integer("received-status", status);
        if (Details is not null)
            item.Text("details", Details);
        return item.Finish();
    }

    /// <summary>Adds our member behind those of the proxies nearer to the origin (s.2).</summary>
    public void AppendTo(FieldList fields, string proxyName)
    {
        var member = Format(proxyName);
        fields.Set(FieldNames.ProxyStatus, fields.Get(FieldNames.ProxyStatus) is { Length: > 0 } before ? $"{before}, {member}" : member);
    }
}
