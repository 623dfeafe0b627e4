using Sluice.Http;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>Who asks (RFC 9110 s.11.7)? On listeners that want to know. Credentials that are known cost no wait and no allocation; new ones are
/// looked at elsewhere. They are for us: with the answer they are taken out of the request, so that no rule, cache or upstream sees them.</summary>
internal sealed class LoginStep(Authenticator authenticator)
{
    private const string Rule = "login";

    private readonly long[] _outcomes = new long[Enum.GetValues<LoginOutcome>().Length];

    /// <summary>For clients that have not said who they are.</summary>
    public static readonly Verdict Missing = new() { Denies = true, Rule = Rule, Status = 407, Reason = "This proxy wants to know who you are." };

    /// <summary>Of a tunnel whose user is no longer one.</summary>
    public static readonly Verdict NoLonger = new() { Denies = true, Rule = Rule, Status = 407, Reason = "Who opened it could not log in any more." };

    /// <summary>What came of credentials that were looked at since the start; those that a connection repeats are not.</summary>
    public IEnumerable<(LoginOutcome Outcome, long Count)> Outcomes => _outcomes.Select((count, outcome) => ((LoginOutcome)outcome, count));

    /// <summary>What to answer instead, or null: the exchange has its user, if it needs one.</summary>
    public ValueTask<ErrorPage?> AskAsync(Exchange x)
    {
        if (!x.Listener.Options.Login)
            return default;
        x.Trace?.Enter(Stage.Login);
        var field = x.Fields.Get(FieldNames.ProxyAuthorization);
        if (field is not null && x.Client.Login.Find(field) is { } user)
            return new(Enter(x, user));
        var check = authenticator.CheckAsync(field, x.Record.Client?.Address);
        return check.IsCompletedSuccessfully ? new(Judge(x, field, check.GetAwaiter().GetResult())) : WaitAsync(x, field, check);
    }

    private async ValueTask<ErrorPage?> WaitAsync(Exchange x, string? field, ValueTask<Login> check)
    {
        try
        {
            var login = await check.AsTask().WaitAsync(x.Aborted);
            // Back to its I/O thread.
            await x.Client.Socket.NextTurn();
            return Judge(x, field, login);
        }
        catch (OperationCanceledException)
        {
            return ErrorPage.For(Upstream.ForwardError.ClientLeft);
        }
    }

    private ErrorPage? Judge(Exchange x, string? field, Login login)
    {
        Interlocked.Increment(ref _outcomes[(int)login.Outcome]);
        switch (login.Outcome)
        {
            case LoginOutcome.Accepted:
                x.Client.Login.Keep(field!, login.User!);
                return Enter(x, login.User!);
            case LoginOutcome.Limited:
                return Deny(x, 429, "There have been too many wrong passwords. Try again later.", login.RetryAfter);
            case LoginOutcome.Busy:
                return Deny(x, 429, "Too many log in at once. Try again soon.", login.RetryAfter);
            case LoginOutcome.Missing:
                return HttpProxy.Deny(x, Missing) with { Challenge = authenticator.Challenge };
            default:
                return Deny(x, 407, "The user name or the password is not right.") with { Challenge = authenticator.Challenge };
        }
    }

    private static ErrorPage? Enter(Exchange x, User user)
    {
        x.Fields.Remove(FieldNames.ProxyAuthorization);
        x.User = user;
        x.Record.User = user.Name;
        return null;
    }

    private static ErrorPage Deny(Exchange x, int status, string reason, TimeSpan? retryAfter = null)
    {
        x.Fields.Remove(FieldNames.ProxyAuthorization);
        return HttpProxy.Deny(x, new Verdict { Denies = true, Rule = Rule, Status = status, Reason = reason, RetryAfter = retryAfter });
    }
}
