using Microsoft.Extensions.Logging;

namespace Sluice.Policy;

/// <summary>Names stand here only where the password file has them: what else comes as a name may be a password in the wrong place.</summary>
internal static partial class AuthenticatorLog
{
    [LoggerMessage(1, LogLevel.Information, "Password file {Path} loaded: {Users} users, {Changed} of them new, changed or removed")]
    public static partial void Loaded(ILogger log, string path, int users, int changed);

    [LoggerMessage(2, LogLevel.Warning, "{Where}: {Problem}")]
    public static partial void Problem(ILogger log, string where, string problem);

    [LoggerMessage(3, LogLevel.Warning, "Password file {Path} is not taken: those logged in before still are")]
    public static partial void Kept(ILogger log, string path);

    [LoggerMessage(4, LogLevel.Warning, "Wrong passwords from {Client}: it is limited from here on")]
    public static partial void ClientLimited(ILogger log, string client);

    [LoggerMessage(5, LogLevel.Warning, "Wrong passwords for the user {Name}: logins by that name are limited from here on")]
    public static partial void NameLimited(ILogger log, string name);
}
