namespace Sluice.Http;

/// <summary>The four forms of a request target (RFC 9112 s.3.2).</summary>
public enum TargetForm : byte
{
    Origin,
    Absolute,
    Authority,
    Asterisk,
}

/// <summary>The target URI of a request, taken apart (RFC 9110 s.7.1).</summary>
/// <param name="Form">How it was written on the request line.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>, lower case; empty for the authority form.</param>
/// <param name="Host">Lower case, without a trailing dot; an IPv6 address without brackets.</param>
/// <param name="Port">1-65535; the scheme's default where none was written.</param>
/// <param name="PathAndQuery">As sent, beginning with <c>/</c>; <c>*</c> for the asterisk form; empty for authority.</param>
public sealed partial record RequestTarget(TargetForm Form, string Scheme, string Host, int Port, string PathAndQuery)
{
    public bool IsDefaultPort => Port == DefaultPort(Scheme);

    /// <summary>The value of Host (RFC 9110 s.7.2): brackets around IPv6, no default port.</summary>
    public string Authority
    {
        get
        {
            var host = Host.Contains(':') ? $"[{Host}]" : Host;
            return IsDefaultPort ? host : $"{host}:{Port}";
        }
    }

    /// <summary>The whole URI, as logs and rules see it; <c>host:port</c> for CONNECT.</summary>
    public string Url => _url ??= Form switch
    {
        TargetForm.Authority => Authority,
        TargetForm.Asterisk => $"{Scheme}://{Authority}",
        _ => $"{Scheme}://{Authority}{PathAndQuery}",
    };

    private string? _url;

    public static int DefaultPort(string scheme) => scheme switch { "http" => 80, "https" => 443, _ => 0 };
}
