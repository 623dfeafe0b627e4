using Sluice.Policy.Users;

namespace Sluice.Tests.Policy.Users;

public class PasswordFileTests
{
    [Fact]
    public void Lines_AreUsersAndTheirHashes()
    {
        var file = PasswordFile.Parse("f", $"\uFEFF# staff\r\n\nanna:{Passwords.OpenSesame}\r\njürgen:{Passwords.Empty.Replace("$2y$", "$2b$", StringComparison.Ordinal)}\nBen:{Passwords.Long.Replace("$2y$", "$2a$", StringComparison.Ordinal)}");
        Assert.Empty(file.Problems);
        Assert.Equal(["Ben", "anna", "jürgen"], file.Hashes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(5, file.Hashes["anna"].Cost);
        Assert.Equal(4, file.Hashes["Ben"].Cost);
    }

    [Theory]
    [InlineData("anna:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "f:1: has a SHA-1 hash without salt where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:$apr1$salt$0123456789abcdefghijkl", "f:1: has an MD5 hash (apr1) where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:rqXexS6ZhobKA", "f:1: has a hash of crypt where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:$6$salt$hash", "f:1: has a SHA-512 hash of crypt where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:$2x$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW", "f:1: has a hash of a faulty bcrypt ($2x$) where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:secret", "f:1: has something else, a plain password maybe, where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:", "f:1: has nothing where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:$2y$05$short", "f:1: has no whole bcrypt hash: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("anna:$2y$31$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW", "f:1: has a bcrypt hash of cost 31, 4 to 14 are taken: write it anew with htpasswd -B -C 10 FILE anna")]
    [InlineData("\nanna secret", "f:2: has no colon: a line is name:hash, as htpasswd -B writes it")]
    [InlineData(":" + Passwords.Empty, "f:1: has no name before its colon")]
    [InlineData("an\tna:" + Passwords.Empty, "f:1: has a control character in its name")]
    [InlineData(" anna:" + Passwords.Empty, "f:1: has a blank at an end of its name")]
    [InlineData("anna:" + Passwords.Empty + "\nanna:" + Passwords.Empty, "f:2: names 'anna', who stands in line 1 already: remove one of them")]
    public void WrongLine_IsToldWithoutItsSecret(string text, string problem)
    {
        var problems = PasswordFile.Parse("f", text).Problems;
        Assert.Equal(problem, Assert.Single(problems).ToString());
        Assert.DoesNotContain("secret", problems[0].Text);
    }

    [Fact]
    public void FileThatIsNotUtf8_IsNotRead()
    {
        using var folder = new Kit.TempFolder();
        File.WriteAllBytes(folder.File("f"), [0xfc, .. System.Text.Encoding.ASCII.GetBytes(":" + Passwords.Empty)]);
        Assert.Contains("is not UTF-8", Assert.Single(PasswordFile.Read(folder.File("f")).Problems).Text);
        Assert.Contains("cannot be read", Assert.Single(PasswordFile.Read(folder.File("g")).Problems).Text);
    }

    // The library against hashes that another made.
    [Theory]
    [InlineData("open sesame", Passwords.OpenSesame, true)]
    [InlineData("open sesam", Passwords.OpenSesame, false)]
    [InlineData("p\u00e4ss:w\u00f6rd", Passwords.WithUmlauts, true)]
    [InlineData("", Passwords.Empty, true)]
    [InlineData("x", Passwords.Empty, false)]
    public void Library_KnowsHashesOfOthers(string password, string hash, bool isRight) =>
        Assert.Equal(isRight, BCrypt.Net.BCrypt.Verify(password, hash));

    /// <summary>bcrypt looks at 72 octets of a password, and so does htpasswd.</summary>
    [Theory]
    [InlineData(72, true)]
    [InlineData(80, true)]
    [InlineData(71, false)]
    public void Library_LooksAtSeventyTwoOctets(int octets, bool isRight) =>
        Assert.Equal(isRight, BCrypt.Net.BCrypt.Verify(new string('x', octets), Passwords.Long));

    [Fact]
    public void HashOfNobody_CanBeTried()
    {
        var nobody = BcryptHash.OfNobody(4).Text;
        Assert.Null(BcryptHash.TryParse(nobody, "n", out _));
        Assert.False(BCrypt.Net.BCrypt.Verify("", nobody));
    }
}
