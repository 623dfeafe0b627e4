namespace Sluice.Http;

/// <summary>Status codes that a rule names, both ends included: <c>404</c> or <c>4xx</c>.</summary>
public readonly record struct StatusRange(int First, int Last)
{
    public bool Contains(int status) => status >= First && status <= Last;
}
