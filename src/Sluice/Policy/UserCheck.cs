using Sluice.Policy.Users;

namespace Sluice.Policy;

/// <summary>What is wrong with a password file, before anybody logs in.</summary>
public static class UserCheck
{
    /// <param name="path">Of the file.</param>
    /// <param name="names">The users that it names, also where it has faults.</param>
    /// <returns>Each with its line; the content of a line is never told.</returns>
    public static IReadOnlyList<PolicyProblem> Problems(string path, out IReadOnlyCollection<string> names)
    {
        var file = PasswordFile.Read(path);
        names = [.. file.Hashes.Keys];
        return file.Problems;
    }
}
