namespace Sluice.Policy;

/// <summary>What the lines of a list file look like; told by its content.</summary>
public enum ListFormat
{
    /// <summary>Our own: one entry a line. A plain list of domains is one.</summary>
    Lines,

    /// <summary><c>0.0.0.0 ads.example.com tracker.example.com</c>.</summary>
    Hosts,

    /// <summary><c>address=/ads.example.com/0.0.0.0</c>, <c>server=/ads.example.com/</c>, <c>local=/ads.example.com/</c>.</summary>
    Dnsmasq,

    /// <summary>A response policy zone: <c>ads.example.com CNAME .</c>.</summary>
    Rpz,

    /// <summary>Filters of Adblock Plus, uBlock Origin or AdGuard.</summary>
    Adblock,
}
