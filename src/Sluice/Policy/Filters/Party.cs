namespace Sluice.Policy.Filters;

/// <summary>Whether a request goes to the site of the page that makes it: the same registrable domain.</summary>
internal enum Party : byte
{
    Unknown,
    First,
    Third,
}
