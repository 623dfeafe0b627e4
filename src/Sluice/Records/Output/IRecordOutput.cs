namespace Sluice.Records.Output;

/// <summary>Where records go, in batches. Used by one writer at a time, on a thread that may wait.</summary>
internal interface IRecordOutput : IDisposable
{
    /// <summary>Where it leads, for messages: a path, an address.</summary>
    string Name { get; }

    /// <summary>Another record may be added before the batch is written out.</summary>
    bool HasRoom { get; }

    void Add(ExchangeRecord record);

    /// <summary>So many records are missing here.</summary>
    void AddDropped(long count, DateTimeOffset now);

    /// <summary>Writes out the batch and empties it; nothing where it is empty. After an exception the same batch is tried again, and what had got through stands there once.</summary>
    /// <exception cref="IOException">Disk full, directory gone, nobody there and the like.</exception>
    /// <exception cref="RecordsRefusedException">It would be refused again; the batch is empty.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    void WriteOut();

    /// <summary>Opens the same place anew; where that fails, the old one goes on.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    void Reopen();
}
