using Sluice.Records;

namespace Sluice.Cli.Logs;

/// <summary>Writes rows of the history in one format, as they come.</summary>
internal interface IRowWriter
{
    /// <summary>What stands before the first row.</summary>
    void Begin();

    void Write(StoredRecord row);

    /// <summary>What stands behind the last.</summary>
    void End();

    /// <summary>What was written is to be seen now.</summary>
    void Flush();
}
