namespace Sluice.Records.Output;

/// <summary>Where lines go. Used by one writer at a time.</summary>
internal interface ILogOutput : IDisposable
{
    /// <summary>Writes whole lines. After an exception the same bytes are handed over again, and only those not yet written are.</summary>
    /// <exception cref="IOException">Disk full, directory gone and the like.</exception>
    void Write(ReadOnlySpan<byte> lines);

    /// <summary>Opens the same path anew; where that fails, the old file goes on.</summary>
    /// <exception cref="IOException">The new file cannot be opened.</exception>
    void Reopen();
}
