using System.Text;

namespace Sluice.Policy.Users;

/// <summary>
/// What an htpasswd file says: a line <c>name:hash</c> for each user, UTF-8; empty lines and those that begin with <c>#</c> are passed over.
/// bcrypt is the one hash that is taken: the others that htpasswd knows are found by trying out, at billions a second.
/// </summary>
/// <param name="Hashes">By name, with case. Of a file with problems what could be read.</param>
/// <param name="Problems">By line; none quotes a line, which may hold a password.</param>
internal sealed record PasswordFile(IReadOnlyDictionary<string, BcryptHash> Hashes, IReadOnlyList<PolicyProblem> Problems)
{
    private const int MostOctets = 64 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static PasswordFile Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MostOctets)
                return Unread($"is larger than {MostOctets >> 20} MiB: this is no password file");
            using var reader = new StreamReader(file, StrictUtf8, detectEncodingFromByteOrderMarks: false);
            return Parse(path, reader.ReadToEnd());
        }
        catch (DecoderFallbackException)
        {
            return Unread("is not UTF-8: write the names of its users in UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unread($"the password file cannot be read: {e.Message}");
        }

        PasswordFile Unread(string why) => new(new Dictionary<string, BcryptHash>(), [new PolicyProblem(path, why, Fatal: true)]);
    }

    public static PasswordFile Parse(string path, string text)
    {
        var (hashes, lines, problems) = (new Dictionary<string, BcryptHash>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal), new List<PolicyProblem>());
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r');
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#')
                continue;
            var colon = line.IndexOf(':');
            if (colon < 0)
                Report("has no colon: a line is name:hash, as htpasswd -B writes it");
            else if (WhyNoName(line.AsSpan(0, colon)) is { } wrong)
                Report(wrong);
            else if (!lines.TryAdd(line[..colon], number))
                Report($"names '{line[..colon]}', who stands in line {lines[line[..colon]]} already: remove one of them");
            else if (BcryptHash.TryParse(line[(colon + 1)..], line[..colon], out var hash) is { } bad)
                Report(bad);
            else
                hashes[line[..colon]] = hash!;
        }
        return new PasswordFile(hashes, problems);

        void Report(string what) => problems.Add(new PolicyProblem($"{path}:{number}", what, Fatal: true));
    }

    private static string? WhyNoName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
            return "has no name before its colon";
        // RFC 7617 s.2: neither could be sent.
        foreach (var c in name)
            if (char.IsControl(c))
                return "has a control character in its name";
        return name[0] == ' ' || name[^1] == ' ' ? "has a blank at an end of its name" : null;
    }
}
