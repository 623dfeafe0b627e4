using System.Text;

namespace Sluice.Tests.Policy.Users;

/// <summary>Hashes as another implementation made them (libxcrypt's crypt), of the least cost.</summary>
internal static class Passwords
{
    /// <summary>Of <c>open sesame</c>, cost 5.</summary>
    public const string OpenSesame = "$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW";

    /// <summary>Of <c>päss:wörd</c> in UTF-8.</summary>
    public const string WithUmlauts = "$2y$04$ABCDEFGHIJKLMNOPQRSTUuFEQH9pYWoIyHMVbJ3cPry6jjzG8rtQO";

    /// <summary>Of 72 times <c>x</c>, or more.</summary>
    public const string Long = "$2y$04$ABCDEFGHIJKLMNOPQRSTUuuPMGVdMuE6yqNwaDAANxW.7cK/ZbrX6";

    public const string Empty = "$2y$04$ABCDEFGHIJKLMNOPQRSTUu8j1U7juAKgrFqRuEfOyY5KZo6M4DNqm";

    /// <summary>A hash of ours, of the least cost.</summary>
    public static string Hash(string password) => BCrypt.Net.BCrypt.HashPassword(password, BCrypt.Net.BCrypt.GenerateSalt(4, 'y'));

    /// <summary>The value of the field.</summary>
    public static string Basic(string name, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));
}
