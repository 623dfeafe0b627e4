using Sluice.Records.Formats;

namespace Sluice.Records.Output;

/// <summary>Records as lines, made by the one who hands them over: what a line is made of is then in the processor's cache, and does not live on.
/// They stand in blocks, of which the last is filled while the first is written.</summary>
internal sealed class LineQueue(IRecordFormat format, ILogOutput to, string name) : IRecordBuffer
{
    internal const int MostBytes = 32 << 20;
    internal const int BlockBytes = 128 << 10;
    private const int LongLine = 16 << 10;

    [ThreadStatic]
    private static LineBuffer? t_line;

    private readonly Lock _lock = new();
    private readonly Queue<Block> _full = [];
    private readonly Stack<Block> _free = [];
    private Block _last = new();
    private long _bytes;
    private int _count;
    private bool _isComplete;

    // The writer's own.
    private Block? _first;

    public string Name => name;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    public bool TryAdd(ExchangeRecord record)
    {
        var line = LineOf(record);
        lock (_lock)
        {
            if (_isComplete || _bytes + line.Length > MostBytes)
                return false;
            if (_last.Lines.Length > 0 && _last.Lines.Length + line.Length > BlockBytes)
            {
                _full.Enqueue(_last);
                _last = Fresh();
            }
            Put(line);
            _last.Records++;
            _count++;
            return true;
        }
    }

    public void Complete()
    {
        lock (_lock)
            _isComplete = true;
    }

    public void AddDropped(long count, DateTimeOffset now)
    {
        var line = new LineBuffer(256);
        format.WriteDropped(count, now, line);
        // With those before it, though their block be full: the writer waits for records, not for this.
        lock (_lock)
            Put(line);
    }

    public int WriteOut()
    {
        if ((_first ??= TakeFirst()) is not { } block)
            return 0;
        to.Write(block.Lines.Written);
        var count = block.Records;
        lock (_lock)
            GiveBack(block);
        _first = null;
        return count;
    }

    public void Reopen() => to.Reopen();

    public void Dispose() => to.Dispose();

    /// <summary>The thread's until it makes the next one; a buffer that a long line has made large is not kept.</summary>
    private LineBuffer LineOf(ExchangeRecord record)
    {
        if (t_line is not { Length: <= LongLine } line)
            t_line = line = new LineBuffer(LongLine);
        line.Clear();
        format.Write(record, line);
        return line;
    }

    private void Put(LineBuffer line)
    {
        _last.Lines.Put(line.Written);
        _bytes += line.Length;
    }

    private Block? TakeFirst()
    {
        lock (_lock)
        {
            if (_full.TryDequeue(out var full))
                return full;
            if (_last.Lines.Length == 0)
                return null;
            var last = _last;
            _last = Fresh();
            return last;
        }
    }

    private Block Fresh() => _free.TryPop(out var free) ? free : new Block();

    private void GiveBack(Block block)
    {
        _bytes -= block.Lines.Length;
        _count -= block.Records;
        block.Records = 0;
        // One that has grown held a line longer than a block.
        if (block.Lines.Length <= BlockBytes)
            _free.Push(block);
        block.Lines.Clear();
    }

    private sealed class Block
    {
        public LineBuffer Lines { get; } = new(BlockBytes);

        public int Records { get; set; }
    }
}
