using System.Threading.Channels;

namespace Sluice.Records.Output;

/// <summary>Records as they are, for an output that takes them in batches.</summary>
internal sealed class RecordQueue(IRecordOutput output) : IRecordBuffer
{
    internal const int Length = 64 << 10;

    private readonly Channel<ExchangeRecord> _queue = Channel.CreateBounded<ExchangeRecord>(new BoundedChannelOptions(Length) { SingleReader = true });

    // The writer's own.
    private int _inBatch;

    public string Name => output.Name;

    public int Count => _queue.Reader.Count + _inBatch;

    public bool TryAdd(ExchangeRecord record) => _queue.Writer.TryWrite(record);

    public void Complete() => _queue.Writer.TryComplete();

    public void AddDropped(long count, DateTimeOffset now) => output.AddDropped(count, now);

    public int WriteOut()
    {
        while (output.HasRoom && _queue.Reader.TryRead(out var record))
        {
            output.Add(record);
            _inBatch++;
        }
        try
        {
            output.WriteOut();
        }
        catch (RecordsRefusedException refused)
        {
            refused.Records = TakeBatch();
            throw;
        }
        return TakeBatch();
    }

    public void Reopen() => output.Reopen();

    public void Dispose() => output.Dispose();

    private int TakeBatch()
    {
        var count = _inBatch;
        _inBatch = 0;
        return count;
    }
}
