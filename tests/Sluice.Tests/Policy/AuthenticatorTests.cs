using Sluice.Policy;
using Sluice.Policy.Users;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.Policy;

public class AuthenticatorTests
{
    private static readonly TimeSpan HalfAMinute = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task RightPassword_IsTheUserWithItsGroups()
    {
        await using var scene = new UserScene("anna", "ben", "jürgen");
        var anna = await scene.CheckAsync("anna");
        Assert.Equal(LoginOutcome.Accepted, anna.Outcome);
        Assert.Equal("anna", anna.User!.Name);
        Assert.Equal(["all", "staff"], anna.User.Groups.Order(StringComparer.Ordinal));
        Assert.Equal(["all"], (await scene.CheckAsync("ben")).User!.Groups);
        Assert.Empty((await scene.CheckAsync("jürgen")).User!.Groups);
    }

    [Fact]
    public async Task KnownCredentials_CostNoHashAndNoWait()
    {
        await using var scene = new UserScene("anna");
        var first = await scene.CheckAsync("anna");
        scene.HoldHashing();
        var again = scene.BeginAsync("anna", from: UserScene.Address(9));
        Assert.True(again.IsCompletedSuccessfully);
        Assert.Same(first.User, (await again).User);
        Assert.Single(scene.Costs);
    }

    [Theory]
    [InlineData(null, LoginOutcome.Missing)]
    [InlineData("Bearer x", LoginOutcome.Malformed)]
    [InlineData("Basic YW5uYQ==", LoginOutcome.Malformed)]
    public async Task NoCredentials_AreNotHashed(string? field, LoginOutcome outcome)
    {
        await using var scene = new UserScene("anna");
        for (var i = 0; i < 100; i++)
            Assert.Equal(outcome, (await scene.Authenticator.CheckAsync(field, UserScene.Here)).Outcome);
        Assert.Empty(scene.Costs);
    }

    [Fact]
    public async Task Names_HaveCase()
    {
        await using var scene = new UserScene("anna");
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("Anna", "anna-pw"));
    }

    /// <summary>2 to the highest cost in the file, whoever is named.</summary>
    [Theory]
    [InlineData("anna")]
    [InlineData("ben")]
    [InlineData("carl")]
    [InlineData("nobody")]
    public async Task WrongPassword_TakesAsLongForEveryName(string name)
    {
        await using var scene = new UserScene();
        scene.Write(UserScene.Line("anna", cost: 4), UserScene.Line("ben", cost: 6), UserScene.Line("carl", cost: 7));
        scene.Authenticator.Reload();
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync(name, "guess"));
        Assert.Equal(1 << 7, scene.Costs.Sum(cost => 1 << cost));
    }

    [Fact]
    public async Task SameWrongOneAgain_IsOneGuess()
    {
        await using var scene = new UserScene("anna");
        for (var i = 0; i < 100; i++)
            Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna", "old"));
        Assert.Single(scene.Costs);
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna"));
    }

    [Fact]
    public async Task SameFromManyConnections_IsHashedOnce()
    {
        await using var scene = new UserScene("anna");
        scene.HoldHashing();
        var all = Enumerable.Range(0, 30).Select(_ => scene.CheckAsync("anna")).ToArray();
        scene.LetHashingGo();
        Assert.All(await Task.WhenAll(all), login => Assert.Equal(LoginOutcome.Accepted, login.Outcome));
        Assert.Single(scene.Costs);
    }

    [Fact]
    public async Task ManyAtOnce_AreHashedOneAfterTheOther()
    {
        var names = Enumerable.Range(0, 40).Select(i => $"user{i}").ToArray();
        await using var scene = new UserScene(names);
        var all = names.Select((name, i) => scene.OutcomeAsync(name, from: UserScene.Address(i))).ToArray();
        Assert.All(await Task.WhenAll(all), outcome => Assert.Equal(LoginOutcome.Accepted, outcome));
        Assert.Equal(1, scene.MostAtOnce);
    }

    [Fact]
    public async Task MoreThanMayWait_AreBusy()
    {
        await using var scene = new UserScene("anna");
        scene.HoldHashing();
        var waiting = new List<Task<Login>> { scene.CheckAsync("anna") };
        await scene.HashingAsync();
        for (var i = 0; i < Attempts.MostWaiting; i++)
            waiting.Add(scene.CheckAsync($"user{i}", from: UserScene.Address(i)));
        var more = scene.BeginAsync("ben", from: UserScene.Address(1000));
        Assert.True(more.IsCompletedSuccessfully);
        Assert.Equal(LoginOutcome.Busy, (await more).Outcome);
        Assert.True((await more).RetryAfter > TimeSpan.Zero);
        scene.LetHashingGo();
        Assert.Equal(LoginOutcome.Accepted, (await waiting[0]).Outcome);
        await Task.WhenAll(waiting).Within();
        // Who was sent away has not guessed.
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("ben", from: UserScene.Address(1000)));
    }

    [Fact]
    public async Task OneAddress_CannotTakeAllPlaces()
    {
        await using var scene = new UserScene("anna");
        scene.HoldHashing();
        var guesses = Enumerable.Range(0, 60).Select(i => scene.CheckAsync($"user{i}")).ToArray();
        Assert.Equal(40, guesses.Count(guess => guess.IsCompleted));
        var anna = scene.CheckAsync("anna", from: UserScene.Address(7));
        scene.LetHashingGo();
        Assert.Equal(LoginOutcome.Accepted, (await anna).Outcome);
        Assert.Equal(40, (await Task.WhenAll(guesses)).Count(login => login.Outcome == LoginOutcome.Limited));
    }

    [Theory]
    [InlineData("anna")]
    [InlineData("nobody")]
    public async Task GuessesForAName_AreFiveAndThenOneEachHalfMinute(string name)
    {
        await using var scene = new UserScene("anna");
        for (var i = 0; i < 5; i++)
            Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync(name, $"guess {i}", UserScene.Address(i)));
        var next = await scene.CheckAsync(name, "guess 5", UserScene.Address(5));
        Assert.Equal((LoginOutcome.Limited, HalfAMinute), (next.Outcome, next.RetryAfter));
        // Nor is the right one looked at: who guesses learns nothing.
        Assert.Equal(LoginOutcome.Limited, await scene.OutcomeAsync(name, "anna-pw", UserScene.Address(6)));
        Assert.Equal(5, scene.Costs.Count);
        scene.Time.Advance(HalfAMinute);
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync(name, "guess 5", UserScene.Address(7)));
        Assert.Equal(LoginOutcome.Limited, await scene.OutcomeAsync(name, "guess 6", UserScene.Address(8)));
        Assert.Equal(name == "anna", scene.Log.Lines.Any(line => line.Contains("'anna'", StringComparison.Ordinal) || line.Contains(" anna:", StringComparison.Ordinal)));
        Assert.DoesNotContain(scene.Log.Lines, line => line.Contains("nobody", StringComparison.Ordinal) || line.Contains("guess", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GuessesFromAnAddress_AreTwentyAndThenOneEachTenSeconds()
    {
        await using var scene = new UserScene("anna", "ben");
        for (var i = 0; i < 20; i++)
            Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync($"user{i}"));
        var next = await scene.CheckAsync("anna");
        Assert.Equal((LoginOutcome.Limited, TimeSpan.FromSeconds(10)), (next.Outcome, next.RetryAfter));
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("ben", from: UserScene.Address(1)));
        scene.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna"));
        // The right one was no guess: there is one left.
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("user20"));
        Assert.Equal(LoginOutcome.Limited, await scene.OutcomeAsync("user21"));
        Assert.Contains(scene.Log.Lines, line => line.Contains("192.0.2.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NeighboursInAnIpv6Network_AreOneAddress()
    {
        await using var scene = new UserScene("anna");
        for (var i = 0; i < 20; i++)
            await scene.CheckAsync($"user{i}", from: System.Net.IPAddress.Parse($"2001:db8:0:1::{i:x}"));
        Assert.Equal(LoginOutcome.Limited, await scene.OutcomeAsync("user20", from: System.Net.IPAddress.Parse("2001:db8:0:1:ffff::1")));
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("user20", from: System.Net.IPAddress.Parse("2001:db8:0:2::1")));
    }

    [Fact]
    public async Task GuessesOfOthers_DoNotKeepAUserOut()
    {
        await using var scene = new UserScene("anna", "ben");
        await scene.CheckAsync("anna");
        for (var i = 0; i < 10; i++)
            await scene.CheckAsync("anna", $"guess {i}", UserScene.Address(i));
        Assert.Equal(LoginOutcome.Limited, await scene.OutcomeAsync("anna", "guess 10", UserScene.Address(10)));
        // What is known to be right needs no try, wherever it comes from.
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna", from: UserScene.Address(11)));
        // From where she has logged in before she may be wrong, and right again.
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna", "mistyped"));
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("ben"));
    }

    [Fact]
    public async Task ChangedPassword_HoldsAtTheNextLooks()
    {
        await using var scene = new UserScene("anna", "ben");
        var (anna, ben) = ((await scene.CheckAsync("anna")).User!, (await scene.CheckAsync("ben")).User!);
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna", "new"));
        var lines = await File.ReadAllLinesAsync(scene.Path, TestContext.Current.CancellationToken);
        scene.Write(UserScene.Line("anna", "new"), lines[1]);
        scene.Looks();
        Assert.Null(anna.Current);
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna"));
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna", "new"));
        // Who is unchanged is not asked again.
        Assert.Same(ben, ben.Current);
        Assert.True(scene.BeginAsync("ben").IsCompletedSuccessfully);
    }

    [Fact]
    public async Task RemovedUser_IsOutAndComesBackOnlyWithThePassword()
    {
        await using var scene = new UserScene("anna", "ben");
        var anna = (await scene.CheckAsync("anna")).User!;
        var lines = await File.ReadAllLinesAsync(scene.Path, TestContext.Current.CancellationToken);
        scene.Write(lines[1]);
        scene.Looks();
        Assert.Null(anna.Current);
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna"));
        scene.Write(lines);
        scene.Looks();
        Assert.Null(anna.Current);
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna"));
    }

    [Fact]
    public async Task PasswordThatChangesWhileItIsHashed_IsNotAccepted()
    {
        await using var scene = new UserScene("anna");
        scene.HoldHashing();
        var old = scene.CheckAsync("anna");
        await scene.HashingAsync();
        scene.Write(UserScene.Line("anna", "new"));
        scene.Looks();
        scene.LetHashingGo();
        Assert.Equal(LoginOutcome.Wrong, (await old).Outcome);
    }

    [Fact]
    public async Task WrongFile_LeavesTheLastGoodOne()
    {
        await using var scene = new UserScene("anna");
        scene.Write("anna:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", UserScene.Line("ben"));
        scene.Looks();
        Assert.Equal(LoginOutcome.Accepted, await scene.OutcomeAsync("anna"));
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("ben"));
        Assert.Contains(scene.Log.Lines, line => line.Contains("htpasswd:1: has a SHA-1 hash", StringComparison.Ordinal));
        Assert.DoesNotContain(scene.Log.Lines, line => line.Contains("W6ph5", StringComparison.Ordinal));
        var told = scene.Log.Lines.Length;
        scene.Looks();
        Assert.Equal(told, scene.Log.Lines.Length);

        File.Delete(scene.Path);
        scene.Looks();
        Assert.True(scene.BeginAsync("anna").IsCompletedSuccessfully);
        Assert.Contains("cannot be read", string.Join('\n', scene.Log.Lines));
    }

    [Fact]
    public async Task OtherGroups_HoldWithoutALogin()
    {
        await using var scene = new UserScene("anna", "ben");
        var (anna, ben) = ((await scene.CheckAsync("anna")).User!, (await scene.CheckAsync("ben")).User!);
        scene.Authenticator.Use(scene.Options(("staff", ["ben"]), ("all", ["anna", "ben"])));
        Assert.Equal(["all"], anna.Current!.Groups);
        Assert.Equal(["all", "staff"], ben.Current!.Groups.Order(StringComparer.Ordinal));
        Assert.Same(anna.Current, (await scene.BeginAsync("anna")).User);
        Assert.Equal((2, 1), (scene.Costs.Count, scene.Changes));
        scene.Authenticator.Use(scene.Options(("staff", ["ben"]), ("all", ["anna", "ben"])));
        Assert.Equal(1, scene.Changes);
        scene.Write(UserScene.Line("ben", "new"));
        scene.Looks();
        Assert.Equal((null, null, 2), (anna.Current, ben.Current, scene.Changes));
    }

    [Fact]
    public async Task NoUsers_LetNobodyIn()
    {
        await using var scene = new UserScene("anna");
        var anna = (await scene.CheckAsync("anna")).User!;
        scene.Authenticator.Use(null);
        Assert.Null(anna.Current);
        Assert.Equal(LoginOutcome.Wrong, await scene.OutcomeAsync("anna"));
    }

    [Fact]
    public async Task Challenge_NamesTheRealmAndUtf8()
    {
        await using var scene = new UserScene();
        Assert.Equal("""Basic realm="a \"b\" \\", charset="UTF-8" """.TrimEnd(), scene.Authenticator.Challenge);
    }

    [Fact]
    public async Task KnownCredentials_AllocateNothing()
    {
        await using var scene = new UserScene("anna");
        var field = Passwords.Basic("anna", "anna-pw");
        await scene.CheckAsync("anna");
        _ = await scene.Authenticator.CheckAsync(field, UserScene.Here);
        var isAccepted = true;
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                isAccepted &= IsDone(scene.Authenticator.CheckAsync(field, UserScene.Here));
        }));
        Assert.True(isAccepted);

        static bool IsDone(ValueTask<Login> check) => check.IsCompletedSuccessfully;
    }
}
