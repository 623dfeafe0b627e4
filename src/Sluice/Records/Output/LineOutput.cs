using Sluice.Records.Formats;

namespace Sluice.Records.Output;

/// <summary>Records as lines, one block of them at a time.</summary>
internal sealed class LineOutput(IRecordFormat format, ILogOutput to, string name) : IRecordOutput
{
    private const int BlockBytes = 128 << 10;

    private readonly LineBuffer _block = new(BlockBytes + (16 << 10));

    public string Name => name;

    public bool HasRoom => _block.Length < BlockBytes;

    public void Add(ExchangeRecord record) => format.Write(record, _block);

    public void AddDropped(long count, DateTimeOffset now) => format.WriteDropped(count, now, _block);

    public void WriteOut()
    {
        if (_block.Length == 0)
            return;
        to.Write(_block.Written);
        _block.Clear();
    }

    public void Reopen() => to.Reopen();

    public void Dispose() => to.Dispose();
}
