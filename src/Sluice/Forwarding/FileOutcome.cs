namespace Sluice.Forwarding;

/// <summary>What became of a part of an answer that was to come from a file.</summary>
internal enum FileOutcome
{
    Sent,

    /// <summary>The client takes no more.</summary>
    ClientLeft,

    /// <summary>The file ends before, or cannot be read. If nothing of the answer has gone it can be taken back, else the connection must
    /// be broken.</summary>
    Unreadable,
}
