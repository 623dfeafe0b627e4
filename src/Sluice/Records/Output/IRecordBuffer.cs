namespace Sluice.Records.Output;

/// <summary>Records that have been handed over and are not yet written out, in their order. Any thread adds; one writer takes care of the rest, on a thread that may wait.</summary>
internal interface IRecordBuffer : IDisposable
{
    /// <summary>Where they go, for messages: a path, an address.</summary>
    string Name { get; }

    /// <summary>How many there are.</summary>
    /// <remarks>Orders memory as a lock does: whoever adds afterwards sees what was written before.</remarks>
    int Count { get; }

    /// <summary>Adds a record, which nobody changes from here on. Never blocks.</summary>
    /// <returns>False: it is full, or complete.</returns>
    bool TryAdd(ExchangeRecord record);

    /// <summary>Takes no more records.</summary>
    void Complete();

    /// <summary>So many records are missing here: behind those that are there.</summary>
    void AddDropped(long count, DateTimeOffset now);

    /// <summary>Writes out the oldest of them, one batch. After an exception it is the next one again, and what had got through stands there once.</summary>
    /// <returns>How many records that were.</returns>
    /// <exception cref="IOException">Disk full, directory gone, nobody there and the like.</exception>
    /// <exception cref="RecordsRefusedException">They would be refused again, and are gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    int WriteOut();

    /// <summary>Opens the same place anew; where that fails, the old one goes on.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    void Reopen();
}

/// <summary>A batch was refused for good.</summary>
internal sealed class RecordsRefusedException(string why) : IOException(why)
{
    /// <summary>How many there were in it; the buffer's to say.</summary>
    public int Records { get; set; }
}
