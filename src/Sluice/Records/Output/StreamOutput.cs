namespace Sluice.Records.Output;

/// <summary>Standard output: a terminal, a pipe, a container's log.</summary>
internal sealed class StreamOutput(Stream stream) : ILogOutput
{
    public void Write(ReadOnlySpan<byte> lines)
    {
        stream.Write(lines);
        stream.Flush();
    }

    public void Reopen()
    {
    }

    public void Dispose() => stream.Dispose();
}
