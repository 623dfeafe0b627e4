namespace Sluice.Forwarding;

/// <summary>What became of a part of an answer that was to come from a file.</summary>
internal enum FileOutcome
{
    Sent,

    /// <summary>The client takes no more.</summary>
    ClientLeft,

    /// <summary>The file ends before, or cannot be read. The connection is broken if something of the answer has gone; else the answer
    /// can be taken back.</summary>
    Unreadable,
}
