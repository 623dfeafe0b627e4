namespace Sluice.Policy.Users;

/// <summary>Credentials that are looked at, for all who have sent the same meanwhile.</summary>
/// <param name="Accounts">Those of its time.</param>
/// <param name="Account">Whom they name; null: nobody.</param>
/// <param name="Credentials">What stands for them.</param>
/// <param name="Name">What stands for the name.</param>
/// <param name="Address">What stands for the first client's address.</param>
/// <param name="Client">That address, for the log.</param>
/// <param name="PaysByName">It counts against the name, too.</param>
internal sealed record Attempt(
    Accounts Accounts, Account? Account, Digest Credentials, Digest Name, Digest Address, string Client, bool PaysByName, string Password)
{
    private readonly TaskCompletionSource<Login> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Login> Done => _done.Task;

    public void End(Login login) => _done.TrySetResult(login);

    public void Fail(Exception bug) => _done.TrySetException(bug);

    /// <summary>Whether the password is right. One that is wrong takes as long for every name, known or not: with 2^c rounds for a hash of cost c,
    /// what is missing to the highest cost m is 2^c + 2^(c+1) + ... + 2^(m-1).</summary>
    public bool Verify(Func<string, string, bool> verify)
    {
        if (Account is null)
        {
            verify(Password, BcryptHash.OfNobody(Accounts.MostCost).Text);
            return false;
        }
        if (verify(Password, Account.Hash.Text))
            return true;
        for (var cost = Account.Hash.Cost; cost < Accounts.MostCost; cost++)
            verify(Password, BcryptHash.OfNobody(cost).Text);
        return false;
    }

    /// <summary>Nothing of it belongs into a log.</summary>
    public override string ToString() => nameof(Attempt);
}
