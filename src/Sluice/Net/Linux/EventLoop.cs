// A thread that waits for sockets.
//
// What: one epoll per core; sockets are put into the loop that accepted or dialled them and stay there.
// Strategy: edge-triggered, both directions at once, one epoll_ctl(2) in a socket's life: closing takes it out.
// An event sets the socket's readiness and runs who waits for it, right here (docs/decisions/0003): no thread is handed anything.
// What others post (the next turn of a long copy) runs between two waits, those that were there when the round began.
// Facts: an event names its socket by descriptor and by a number that no other socket ever has, as the kernel may report,
// from one batch, a descriptor that was closed and given out again while the batch was being worked through.
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Net.Linux;

/// <summary>What a loop calls when its descriptor is ready.</summary>
internal interface IWatched
{
    /// <summary>Of <see cref="EventLoop.NewNumber"/>: never the same for two.</summary>
    int Number { get; }

    void OnReady(EventLoop loop, uint events);
}

internal sealed unsafe class EventLoop
{
    private const int Batch = 256;
    // struct epoll_event is packed on x86-64 only.
    private static readonly int EntrySize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly IWatched?[][] Pages = new IWatched?[(1 << 20) / PageSize][];
    private const int PageSize = 1 << 10;

    [ThreadStatic]
    private static EventLoop? _current;

    private static int _next;
    private static int _lastNumber;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Action<Action> _post;
    private int _awake = 1;

    private EventLoop(int index)
    {
        _epoll = Checked(Libc.epoll_create1(Libc.EPOLL_CLOEXEC));
        _wake = Checked(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        _post = Post;
        Add(_wake, new Alarm(_wake), Libc.EPOLLIN | Libc.EPOLLET);
        Pulse = new Pulse(index, CoarseClock.Of(TimeProvider.System));
        new Thread(Run) { IsBackground = true, Name = $"loop {index}" }.Start();
    }

    public static EventLoop[] All { get; } = Enumerable.Range(0, Environment.ProcessorCount).Select(n => new EventLoop(n)).ToArray();

    /// <summary>The loop whose thread this is, or else each in turn.</summary>
    public static EventLoop Current => _current ?? All[(uint)Interlocked.Increment(ref _next) % (uint)All.Length];

    /// <summary>Whether this thread is the loop's.</summary>
    public bool IsHere => _current == this;

    public static int NewNumber() => Interlocked.Increment(ref _lastNumber);

    public Turn NextTurn => new(_post);

    public Pulse Pulse { get; }

    /// <summary>How many descriptors were ready when this round began.</summary>
    public int Crowd { get; private set; }

    /// <summary>From now on it is called for these events, until the descriptor is closed or <see cref="Remove"/>d.</summary>
    /// <returns>0, or the errno.</returns>
    public int Add(int fd, IWatched watched, uint events)
    {
        var page = Volatile.Read(ref Pages[fd / PageSize]) ?? NewPage(fd / PageSize);
        Volatile.Write(ref page[fd % PageSize], watched);
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + EntrySize - 8, (long)watched.Number << 32 | (uint)fd);
        return Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, fd, entry) == 0 ? 0 : Libc.LastError;
    }

    public void Remove(int fd)
    {
        var entry = stackalloc byte[16];
        _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, fd, entry);
    }

    /// <summary>Before the descriptor is closed.</summary>
    public static void Forget(int fd) => Volatile.Write(ref Pages[fd / PageSize][fd % PageSize], null);

    private void Post(Action action)
    {
        _posted.Enqueue(action);
        if (_current != this && Interlocked.Exchange(ref _awake, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write(_wake, &one, 8);
        }
    }

    private void Run()
    {
        _current = this;
        var entries = (byte*)NativeMemory.Alloc((nuint)(Batch * EntrySize));
        while (true)
        {
            Volatile.Write(ref _awake, 0);
            Interlocked.MemoryBarrier(); // whoever posts sees this, or we see what it posted
            var count = Libc.epoll_wait(_epoll, entries, Batch, _posted.IsEmpty ? -1 : 0);
            Volatile.Write(ref _awake, 1);
            Pulse.Begin();
            Crowd = count + _posted.Count;
            for (var i = 0; i < count; i++)
                Dispatch(entries + i * EntrySize);
            for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var action); left--)
                action();
            Pulse.End();
        }
    }

    private void Dispatch(byte* entry)
    {
        var events = Unsafe.ReadUnaligned<uint>(entry);
        var name = Unsafe.ReadUnaligned<long>(entry + EntrySize - 8);
        var fd = (int)(uint)name;
        if (Volatile.Read(ref Pages[fd / PageSize][fd % PageSize]) is { } watched && watched.Number == (int)(name >> 32))
            watched.OnReady(this, events);
    }

    private static IWatched?[] NewPage(int at)
    {
        var page = new IWatched?[PageSize];
        return Interlocked.CompareExchange(ref Pages[at], page, null) ?? page;
    }

    private static int Checked(int fd) => fd >= 0 ? fd : throw Libc.Exception(Libc.LastError);

    /// <summary>Ends a wait.</summary>
    private sealed class Alarm(int fd) : IWatched
    {
        public int Number { get; } = NewNumber();

        public void OnReady(EventLoop loop, uint events)
        {
            ulong count;
            _ = Libc.read(fd, &count, 8);
        }
    }
}
