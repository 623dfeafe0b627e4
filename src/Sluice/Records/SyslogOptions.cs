using Sluice.Net;

namespace Sluice.Records;

/// <summary>What kind of program a syslog message is of (RFC 5424 s.6.2.1).</summary>
public enum SyslogFacility : byte
{
    Kern,
    User,
    Mail,
    Daemon,
    Auth,
    Syslog,
    Lpr,
    News,
    Uucp,
    Cron,
    Authpriv,
    Ftp,
    Local0 = 16,
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
}

/// <summary>A syslog server: at <see cref="Host"/>, or at the Unix socket <see cref="Path"/>.</summary>
public sealed record SyslogOptions
{
    /// <summary>APP-NAME has at most so many octets (RFC 5424 s.6).</summary>
    public const int LongestAppName = 48;

    /// <summary>Null: it is a Unix socket.</summary>
    public HostPort? Host { get; init; }

    /// <summary>TCP with octet counting (RFC 6587 s.3.4.1) instead of UDP (RFC 5426).</summary>
    public bool OverTcp { get; init; }

    /// <summary>A datagram socket of this machine, such as <c>/dev/log</c>; null: it is a host.</summary>
    public string? Path { get; init; }

    public SyslogFacility Facility { get; init; } = SyslogFacility.Local0;

    public string AppName { get; init; } = "sluice";

    /// <summary>As it is configured: <c>syslog+tcp://log.example:601</c>.</summary>
    public override string ToString() => Path is not null ? $"syslog://{Path}" : $"{(OverTcp ? "syslog+tcp" : "syslog")}://{Host}";
}
